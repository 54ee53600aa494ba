"""nginx: reading its configuration, the model of it, the evaluator of requests, and the search for refused ones."""
