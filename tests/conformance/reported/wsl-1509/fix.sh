#!/bin/bash
set -e
R=$1; C=$2
rmdir "$R/elsewhere/.htaccess"
