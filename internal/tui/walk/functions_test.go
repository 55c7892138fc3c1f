package walk

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/loader"
	"trapline/internal/scenario"
)

// A stripped program's functions have their addresses for names, its entry is
// _start, and both can be looked up.
func TestFunctionsOfAStrippedProgramHaveNames(t *testing.T) {
	f, err := scenario.Load("xol-slot")
	require.NoError(t, err)
	img, _, err := loader.ReadListing([]byte(f.Listing.Text))
	require.NoError(t, err)
	add, ok := img.Symbols.Lookup("add")
	require.True(t, ok)
	img.Symbols = loader.Symbols{}
	program, err := loader.ELF(img)
	require.NoError(t, err)
	traced := scenario.HostProgram{Path: "/bin/stripped", Program: program, Args: []string{"stripped"}, CPUs: 1, Memory: 16 << 20, Events: []string{"p:add /bin/stripped:0x1020"}}
	file, err := traced.File()
	require.NoError(t, err)
	w, err := Open(t.Context(), file, Options{Record: DefaultRecord})
	require.NoError(t, err)
	defer w.Close()
	require.Equal(t, "sub_401020", w.Place(add.Addr))
	require.Equal(t, "_start+0x5", w.Place(img.Entry+5))
	addr, ok := w.Lookup("sub_401020")
	require.True(t, ok)
	require.Equal(t, add.Addr, addr)
	require.Equal(t, "sub_401020", w.Moment(Look{CPU: 0}).Probes[0].At)
	found, err := w.ToMark(t.Context(), 1, Hit)
	require.NoError(t, err)
	require.True(t, found)
}
