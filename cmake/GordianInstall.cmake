# What `cmake --install` lays down: see docs/install.md.
