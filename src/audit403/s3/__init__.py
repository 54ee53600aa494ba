"""Amazon S3: which requests are answered AccessDenied, and by which statement, flag, list or state of an object."""
