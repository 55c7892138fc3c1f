package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dynamicProgram compiles one that takes memory three times and returns 3.
func dynamicProgram(t *testing.T, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "p.c")
	putFile(t, dir, "p.c", []byte("#include <stdlib.h>\nint main(void) { for (int i = 0; i < 3; i++) free(malloc(100 + i)); return 3; }\n"))
	out := filepath.Join(dir, "p")
	if text, err := exec.Command("gcc", append(flags, "-fno-builtin", "-o", out, source)...).CombinedOutput(); err != nil {
		t.Skipf("gcc %v: %s", flags, text)
	}
	return out
}

// TestLibrariesOfAProgram: a script's and a dynamic program's needs, and the libraries
// that a recording takes.
func TestLibrariesOfAProgram(t *testing.T) {
	prog := dynamicProgram(t)
	assert.Contains(t, neededBy(prog, nil), "/lib64/ld-linux-x86-64.so.2")
	assert.Contains(t, neededBy(prog, []string{"LD_LIBRARY_PATH=/opt:" + filepath.Dir(prog)}), filepath.Dir(prog))
	script := filepath.Join(t.TempDir(), "s")
	require.NoError(t, os.WriteFile(script, []byte("#! "+prog+" x\n"), 0o755))
	assert.Subset(t, neededBy(script, nil), append(neededBy(prog, nil), prog))
	for _, line := range []string{"env p", "env -S FOO=1 p -w", "env -Sp"} {
		require.NoError(t, os.WriteFile(script, []byte("#!/usr/bin/"+line+"\n"), 0o755))
		assert.Subset(t, neededBy(script, []string{"PATH=/nowhere:" + filepath.Dir(prog)}), append(neededBy(prog, nil), prog), line)
		assert.NotContains(t, neededBy(script, []string{"PATH=/nowhere"}), prog)
	}
	linked := linkedWith(prog, nil)
	require.Len(t, linked, 3)
	assert.Equal(t, "libc.so.6", filepath.Base(linked[2]))
	assert.Empty(t, neededBy("/absent", nil))
	assert.Empty(t, linkedWith(script, nil))
}

// TestTraceOfALibrary: an event on a library's function is hit once for each call,
// of both widths.
func TestTraceOfALibrary(t *testing.T) {
	for name, flags := range map[string][]string{"64": nil, "32": {"-m32"}} {
		t.Run(name, func(t *testing.T) {
			prog := dynamicProgram(t, flags...)
			trace := filepath.Join(t.TempDir(), "trace")
			var stderr bytes.Buffer
			status := run([]string{"trapline", "trace", "-p", "p:malloc libc.so.6:malloc", "-o", trace, "--", prog}, &bytes.Buffer{}, &stderr)
			assert.Equal(t, 3, status, stderr.String())
			text, err := os.ReadFile(trace)
			require.NoError(t, err)
			assert.Equal(t, 3, bytes.Count(text, []byte("malloc: (0x")), "%s", text)
		})
	}
}
