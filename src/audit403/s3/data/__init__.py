"""What AWS's documentation lists: actions, what they take, condition keys and their types, operations."""
