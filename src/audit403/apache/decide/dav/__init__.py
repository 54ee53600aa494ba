"""mod_dav with its file system provider: one file a part of what WebDAV's methods do."""
