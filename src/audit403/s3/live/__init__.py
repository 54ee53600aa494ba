"""What a live account says of itself, by boto3: it becomes a state, and is judged as any other."""
