//go:build !unix

package atomicfile

import (
	"io/fs"
	"os"
)

// nonblock: there are no pipes with names.
const nonblock = 0

// mayWrite and mayEnter leave it to the writing itself.
func mayWrite(string) error { return nil }
func mayEnter(dir string) error {
	_, err := os.Stat(dir)
	return err
}

// isNoLink: hosts say in many ways that a file is no link.
func isNoLink(error) bool { return true }

// keepOwner: a new file has the owner that the host gives it.
func keepOwner(*os.File, fs.FileInfo) {}
