// Package mm is the address spaces of a Linux kernel: mappings, page faults, copies on
// write, locked memory, and what is moved in and out of the user's memory.
//
// What it needs of its kernel is the interface Kernel; frames are package page's, pages of
// files package vfs's.
package mm
