package linux

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/linux/vfs"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// tinyProgram writes its first argument's file to standard output and exits
// with 3: open, read, write, exit.
func tinyProgram(t testing.TB) []byte {
	t.Helper()
	code := []byte{
		0x48, 0x8b, 0x7c, 0x24, 0x10, // mov rdi, [rsp+16]: argv[1]
		0x31, 0xf6, 0xb8, 2, 0, 0, 0, 0x0f, 0x05, // open(argv[1], 0)
		0x89, 0xc7, 0x48, 0x89, 0xe6, 0xba, 64, 0, 0, 0, 0x31, 0xc0, 0x0f, 0x05, // read(fd, rsp, 64)
		0x89, 0xc2, 0xbf, 1, 0, 0, 0, 0xb8, 1, 0, 0, 0, 0x0f, 0x05, // write(1, rsp, n)
		0xbf, 3, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05, // exit(3)
	}
	data, err := loader.ELF(&loader.Image{Arch: x86.AMD64, Entry: 0x401000, Segments: []loader.Segment{
		{Addr: 0x401000, Data: code, MemSize: uint64(len(code)), Prot: loader.ProtR | loader.ProtX},
	}})
	require.NoError(t, err)
	return data
}

func memFS(t testing.TB) *vfs.FS {
	t.Helper()
	f, err := vfs.OpenMem(map[string]vfs.MemFile{
		"/bin/tiny": {Data: tinyProgram(t), Exec: true},
		"/etc/text": {Data: []byte("a file in memory\n")},
		"/etc/link": {Link: "text"},
		"/sh":       {Link: "/bin/tiny"},
	})
	require.NoError(t, err)
	return f
}

func TestProgramsFromMemory(t *testing.T) {
	for _, path := range []string{"/bin/tiny", "/sh"} {
		var out bytes.Buffer
		k, err := New(Config{Path: path, Args: []string{path, "/etc/link"}, FS: memFS(t), Stdout: &out})
		require.NoError(t, err)
		defer k.Close()
		res, err := k.Run(context.Background())
		require.NoError(t, err)
		require.Equal(t, 3, res.Code)
		require.Equal(t, "a file in memory\n", out.String())
	}
}
