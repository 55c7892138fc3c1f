//go:build !unix

package main

import "os"

// lockFile is for systems with flock.
func lockFile(*os.File) bool { return true }
