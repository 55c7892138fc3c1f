package linux

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLocks: fcntl's and flock's locks answer, wait and go as natively.
func TestLocks(t *testing.T) {
	for name, compiler := range libraries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := mustRead(t, compile(t, "locks.c", compiler(t)...))
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "program"), data, 0o755))
			got := runHere(t, dir, []string{"./program"})
			want := nativeHere(t, dir, []string{"./program"})
			require.Equal(t, want.stdout, got.stdout)
			require.True(t, same(want.res, got.res))
		})
	}
}
