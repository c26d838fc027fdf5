# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The version of the collection, as it stands in evidence and reports. The same as in galaxy.yml; a test compares them."""

VERSION = "0.1.0"
