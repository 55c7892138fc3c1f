package linux

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIDs: users and groups change as natively, and what they may not do is refused. Run by root it shows all of that.
func TestIDs(t *testing.T) { likeNative(t, "ids.c") }

// TestHoles: bytes that are made 0, data and holes, and priorities of input and output are as natively.
func TestHoles(t *testing.T) { likeNative(t, "holes.c") }

// likeNative compares a program of testdata in a folder with files with its native run.
func likeNative(t *testing.T, source string) {
	t.Helper()
	for name, compiler := range libraries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := mustRead(t, compile(t, source, compiler(t)...))
			want, got := workFolder(t), workFolder(t)
			for _, dir := range []string{want, got} {
				require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
				require.NoError(t, os.WriteFile(filepath.Join(dir, "program"), data, 0o755))
			}
			native := nativeHere(t, want, []string{"./program"})
			guest, _ := runCommand(t, got, []string{filepath.Join(got, "program")})
			require.Equal(t, native.stdout, guest.stdout, "stderr: %s", guest.stderr)
			require.True(t, same(native.res, guest.res))
		})
	}
}
