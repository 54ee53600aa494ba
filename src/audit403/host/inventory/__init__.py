"""Who is to be audited: plain lists of hosts and Ansible inventories, with Ansible's way to name a part of them."""
