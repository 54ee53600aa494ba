"""One request through S3's authorization."""
