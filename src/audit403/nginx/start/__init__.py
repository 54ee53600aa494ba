"""What `nginx -t` refuses: values, combinations and duplicates, with the words that it says."""
