package walk

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/scenario"
)

// Code of a program and of its own library has its lines of source beside it.
func TestLinesOfALibrary(t *testing.T) {
	const interpreter = "/lib64/ld-linux-x86-64.so.2"
	dir := t.TempDir()
	make := func(args ...string) []byte {
		t.Helper()
		out := filepath.Join(dir, args[0])
		if text, err := exec.Command("gcc", append([]string{"-g", "-O0", "-nostdlib", "-o", out}, args[1:]...)...).CombinedOutput(); err != nil {
			t.Skipf("gcc: %s", text)
		}
		data, err := os.ReadFile(out)
		require.NoError(t, err)
		return data
	}
	linker, err := os.ReadFile(interpreter)
	if err != nil {
		t.Skip(err)
	}
	library := make("libtwice.so", "-shared", "-fPIC", "testdata/library.c")
	program := make("uses", "testdata/uses.c", "-Wl,-z,now", "-L"+dir, "-ltwice")
	traced := scenario.HostProgram{
		Path: "/bin/uses", Program: program, Args: []string{"uses"}, Env: []string{"LD_LIBRARY_PATH=/own"}, CPUs: 1, Memory: 64 << 20,
		Files: map[string][]byte{"/own/libtwice.so": library, interpreter: linker}, Events: []string{"p:twice /own/libtwice.so:twice"},
	}
	file, err := traced.File()
	require.NoError(t, err)
	w, err := Open(t.Context(), file, Options{Record: DefaultRecord})
	require.NoError(t, err)
	defer w.Close()
	found, err := w.ToMark(t.Context(), 1, Hit)
	require.NoError(t, err)
	require.True(t, found)
	var lines []string
	for _, l := range w.Moment(Look{CPU: 0, Code: 20}).Code {
		lines = append(lines, l.Source)
	}
	require.Contains(t, lines, "library.c:2")
	require.Contains(t, lines, "library.c:3")
	for range 30 { // back to the caller
		require.NoError(t, w.Goto(t.Context(), w.At()-1))
		lines = nil
		for _, l := range w.Moment(Look{CPU: 0, Code: 20}).Code {
			lines = append(lines, l.Source)
		}
		if slices.Contains(lines, "uses.c:5") {
			return
		}
	}
	t.Errorf("lines before the call: %v", lines)
}
