"""Whole Apache installations as people have them: Debian's layout, Red Hat's, a hosting panel's, and much from 2.2."""
