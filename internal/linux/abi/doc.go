// Package abi has Linux's numbers and structures as x86 programs see them,
// whatever the host. Names are the kernel's, from include/uapi and
// arch/x86/include/uapi of Linux 6.1. It imports std only.
package abi
