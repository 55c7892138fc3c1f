// Package linuxtest has what tests of real programs share: Debian's busybox, the files that its programs work on, and
// their native runs.
package linuxtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Busybox gives Debian's busybox-static for an architecture of dpkg, amd64 or i386: from the directory that
// TRAPLINE_BUSYBOX names, from where "make busybox" puts it, or fetched with apt. The test is skipped if there is none
// that the host runs.
func Busybox(t testing.TB, arch string) string {
	t.Helper()
	for _, dir := range directories() {
		if p := filepath.Join(dir, "busybox."+arch); exec.Command(p).Run() == nil {
			return p
		}
	}
	dir := t.TempDir()
	for _, step := range [][]string{
		{"apt-get", "download", "busybox-static:" + arch},
		{"sh", "-c", "dpkg-deb -x busybox-static_*_" + arch + ".deb ."},
	} {
		cmd := exec.Command(step[0], step[1:]...)
		cmd.Dir = dir
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("no busybox-static for %s, \"make busybox\" fetches it: %v: %s", arch, err, text)
		}
	}
	for _, bin := range []string{"bin", "usr/bin"} { // before Debian 13, and since
		if p := filepath.Join(dir, bin, "busybox"); exists(p) {
			return p
		}
	}
	t.Fatalf("busybox-static for %s has no busybox", arch)
	return ""
}

func directories() []string {
	var l []string
	if dir := os.Getenv("TRAPLINE_BUSYBOX"); dir != "" {
		l = append(l, dir)
	}
	if cache, err := os.UserCacheDir(); err == nil {
		l = append(l, filepath.Join(cache, "trapline", "busybox"))
	}
	return l
}
