// Package asm turns assembly source into loader images with GNU as and ld.
//
// The programs run in an empty directory of their own, under bounds of time,
// memory and file size, and may read nothing but the source: scenario files
// come from anywhere. What they complain about is reported at the line of the
// scenario file.
package asm
