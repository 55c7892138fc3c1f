package linux

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/vfs"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// TestSegmentsOfOddPrograms: a segment where the stack will be is refused, and one that is
// all in the last page of the one before it has no mapping of its own.
func TestSegmentsOfOddPrograms(t *testing.T) {
	load := func(more loader.Segment) (*Kernel, error) {
		code := []byte{0xeb, 0xfe}
		data, err := loader.ELF(&loader.Image{Arch: x86.AMD64, Entry: 0x401000, Segments: []loader.Segment{
			{Addr: 0x401000, Data: code, MemSize: 2, Prot: loader.ProtR | loader.ProtX}, more,
		}})
		require.NoError(t, err)
		files, err := vfs.OpenMem(map[string]vfs.MemFile{"/odd": {Data: data, Exec: true}})
		require.NoError(t, err)
		return New(Config{Path: "/odd", Args: []string{"/odd"}, FS: files})
	}
	_, err := load(loader.Segment{Addr: mm.Layouts[x86.AMD64].StackTop - 2*emu.PageSize, MemSize: emu.PageSize, Prot: loader.ProtR})
	require.ErrorIs(t, err, abi.EEXIST)

	k, err := load(loader.Segment{Addr: 0x401800, MemSize: 16, Prot: loader.ProtR | loader.ProtX})
	require.NoError(t, err)
	defer k.Close()
	for _, v := range k.init.mm.VMAs() {
		require.Less(t, v.Start, v.End)
	}
}
