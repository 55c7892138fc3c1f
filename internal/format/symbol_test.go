package format_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
)

func TestSymbolPos(t *testing.T) {
	f, err := format.Parse("x", []byte("x\n-- text.S --\nmain:\tnop\n1: there: nop\n\tret\n-- memory --\nregion at 0xc0700000 size 4096 prot rw--\n-- tasks --\ncpu 0 at main\n"))
	require.NoError(t, err)
	for name, want := range map[string]format.Pos{
		"main":   {Line: 3, Col: 1, Text: "main:\tnop"},
		"there":  {Line: 4, Col: 4, Text: "1: there: nop"},
		"here":   {Line: 2, Col: 1, Text: "-- text.S --"},
		"region": {Line: 7, Col: 1, Text: "region at 0xc0700000 size 4096 prot rw--"},
	} {
		require.Equal(t, want, f.SymbolPos(name), name)
	}
}
