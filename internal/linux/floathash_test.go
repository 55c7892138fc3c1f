package linux

import (
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/linux/vfs"
)

// TestFloatHash runs testdata/hash/floathash, which computes in every rounding mode and precision, freely and step by step: the last
// state has one hash, on every build and host.
func TestFloatHash(t *testing.T) {
	for program, want := range map[string]uint64{"floathash64": 0x726472af1591c0a1, "floathash32": 0x29f4700981f2bdc0} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			fs, err := vfs.OpenRoot("testdata/hash")
			require.NoError(t, err)
			t.Cleanup(func() { _ = fs.Close() })
			start := func() *Kernel {
				k, err := New(Config{Path: "/" + program, Args: []string{program}, FS: fs, Dir: "/", Level: emu.V3, Stdout: io.Discard})
				require.NoError(t, err)
				t.Cleanup(k.Close)
				return k
			}
			ran := start()
			_, err = ran.Run(context.Background())
			require.NoError(t, err)
			stepped := start()
			for !stepped.Done() {
				id, ok := stepped.Next()
				require.True(t, ok)
				stepped.Step(id)
			}
			require.Equal(t, ran.Result(), stepped.Result())
			require.Equal(t, ran.m.Hash(false), stepped.m.Hash(false))
			require.Equal(t, want, ran.m.Hash(false))
			t.Logf("%d instructions", ran.Result().Steps)
		})
	}
}
