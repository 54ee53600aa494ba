#!/bin/bash
set -e
R=$1; C=$2
sed -i "s/Options Indexes/Options Indexes FollowSymLinks/" "$C"
