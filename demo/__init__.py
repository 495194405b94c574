"""The demo: a small shop's last six months, told through the same intake as real messages, and two visitors."""
