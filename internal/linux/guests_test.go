package linux

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestLanguages: static programs with the run-time systems of other languages
// are equal to their native runs. A compiler that is missing skips its subtest.
func TestLanguages(t *testing.T) {
	for name, build := range map[string]struct {
		env     []string
		command []string
	}{
		"c++-64": {nil, []string{"g++", "-static", "testdata/guest.cc", "-o"}},
		"c++-32": {nil, []string{"g++", "-m32", "-static", "testdata/guest.cc", "-o"}},
		"go-64":  {[]string{"CGO_ENABLED=0"}, []string{"go", "build", "-o"}},
		"go-32":  {[]string{"CGO_ENABLED=0", "GOARCH=386"}, []string{"go", "build", "-o"}},
		"rust":   {nil, []string{"rustc", "-C", "target-feature=+crt-static", "testdata/guest.rs", "-o"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prog := filepath.Join(t.TempDir(), "program")
			args := append(build.command[1:], prog)
			if build.command[0] == "go" {
				args = append(args, "testdata/guest.go")
			}
			cmd := exec.Command(build.command[0], args...)
			cmd.Env = append(os.Environ(), build.env...)
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Skipf("%v: %v: %s", build.command, err, text)
			}
			want := runNative(t, "", nil, []string{prog})
			got := runProgram(t, Config{}, []string{prog})
			assert.Equal(t, want.stdout, got.stdout)
			assert.Equal(t, want.stderr, got.stderr)
			assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
		})
	}
}
