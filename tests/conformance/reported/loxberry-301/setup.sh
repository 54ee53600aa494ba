#!/bin/bash
set -e
cd "$1"
mkdir -p html htmlauth/plugins/phptest; echo home > html/index.html; echo ok > htmlauth/plugins/phptest/index.php; echo ok > htmlauth/index.php
