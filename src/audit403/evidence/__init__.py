"""What can be read, and only read: the one door between the rest of the program and disks, hosts and accounts."""
