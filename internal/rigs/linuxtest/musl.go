package linuxtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Musl32 gives the compiler and its options for programs of musl's i386 port, which "make busybox" fetches. The test is
// skipped without it.
func Musl32(t testing.TB) []string {
	t.Helper()
	for _, dir := range directories() {
		if specs := filepath.Join(dir, "musl-i386.specs"); exists(specs) {
			return []string{"gcc", "-m32", "-specs", specs}
		}
	}
	t.Skip(`no musl for i386: "make busybox" fetches it`)
	return nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
