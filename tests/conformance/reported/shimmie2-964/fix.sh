#!/bin/bash
set -e
R=$1; C=$2
sed -i 's/\[QSA,L\]/[B,BNP,QSA,L]/' "$R/w/.htaccess"
