#!/bin/bash
set -e
cd "$1"
mkdir -p html/uploads html/plain; echo ok > html/index.php; echo i > html/uploads/i.jpg
cat > html/.htaccess <<'X'
RewriteEngine On
RewriteBase /
RewriteRule ^index\.php$ - [L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . /index.php [L]
X
