"""S3 Inventory: what a bucket's own list of its objects says of owners, ACLs, encryption and storage classes."""
