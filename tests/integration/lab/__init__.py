"""The lab: hosts that are really separate, and mail servers of before and after the change.

bootstrap   root file systems (images.toml), built once and cached outside of the checkout
namespaces  processes in namespaces of their own, which end with the test run whatever happens
network     the lab's network and the controller on it; nothing of it touches the machine's own
container   one root file system running in namespaces
host        a container with users, files and an SSH server; snapshot tells whether it changed
servers     Dovecot as the service will be and as it was, behind relay, which records each handshake
clients     running a mail client once, unattended
inventory   an Ansible inventory of hosts
session     the lab of one test run, and what the machine must offer for it
"""
