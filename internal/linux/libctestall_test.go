package linux

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// libcTestConfig has musl's libc-test built as its authors do, without a check of headers.
const libcTestConfig = `CC = musl-gcc
CFLAGS += -pipe -std=c99 -D_POSIX_C_SOURCE=200809L -w -fno-builtin -frounding-math -g
LDFLAGS += -g
LDLIBS += -lpthread -lm -lrt
`

// TestLibcTestPrograms runs what of musl's libc-test is not mathematics, static and dynamic: each passes or
// fails as it does natively, but those that have a reason not to.
func TestLibcTestPrograms(t *testing.T) {
	from := os.Getenv("TRAPLINE_LIBC_TEST")
	if from == "" {
		t.Skip("TRAPLINE_LIBC_TEST names no folder with musl's libc-test")
	}
	if _, err := exec.LookPath("musl-gcc"); err != nil {
		t.Skip(err)
	}
	dir := filepath.Join(t.TempDir(), "libc-test")
	require.NoError(t, os.CopyFS(dir, os.DirFS(from)))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.mak"), []byte(libcTestConfig), 0o644))
	programs := buildLibcTest(t, dir)
	require.NotEmpty(t, programs)
	reasons := readReasons(t, "testdata/libc-test-reasons")
	passed, ran := 0, 0
	for _, name := range programs {
		t.Run(name, func(t *testing.T) {
			args := []string{filepath.Join(dir, "src", name+".exe")}
			if _, err := os.Stat(args[0]); err != nil {
				t.Skip("it is not built here")
			}
			ran++
			native := runSelftest(t, args)
			got, text := (&selftest{}).inside(t, args, dir, "/bin", "/usr/bin")
			if got == native || got == "passed" {
				passed++
			}
			if why, ok := reasons[strings.TrimSuffix(name, "-static")]; ok {
				assert.NotEqual(t, native, got, "it does as natively: take it off the list (%s)", why)
				return
			}
			assert.Equal(t, native == "passed", got == "passed", "natively it %s, inside %s\n%s", native, got, text)
		})
	}
	t.Logf("%d of %d programs do as natively", passed, ran)
}

// buildLibcTest builds the programs and gives their names below src.
func buildLibcTest(t *testing.T, dir string) []string {
	t.Helper()
	list := exec.Command("make", "debug")
	list.Dir = dir
	out, err := list.Output()
	require.NoError(t, err)
	var names []string
	var targets = []string{"-k", "-s", "src/common/libtest.a"}
	for line := range strings.Lines(string(out)) {
		kind, rest, _ := strings.Cut(line, " ")
		for _, file := range strings.Fields(rest) {
			switch folder, _, _ := strings.Cut(strings.TrimPrefix(file, "src/"), "/"); {
			case folder != "functional" && folder != "regression" && folder != "musl":
			case kind == "BINS":
				names = append(names, strings.TrimSuffix(strings.TrimPrefix(file, "src/"), ".exe"))
				targets = append(targets, file)
			case kind == "LIBS":
				targets = append(targets, file)
			}
		}
	}
	build := exec.Command("make", targets...)
	build.Dir = dir
	_ = build.Run() // programs that cannot be built are skipped
	return names
}
