// Package vfs is the file layer of a Linux kernel: the tree that a guest sees, and what it
// changed of it. A tree of the host's, or of memory, is never written to; the Overlay on
// it has what the guest made, changed and removed, and the pages of files (the page cache).
//
// What it needs of the kernel are frames of memory, the time, and a function that takes
// pages of a file out of address spaces when the file becomes shorter.
package vfs
