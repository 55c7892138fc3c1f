package places

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplit(t *testing.T) {
	for in, want := range map[string][2]string{
		"/bin/x:0x10":      {"/bin/x", "0x10"},
		"./x:main+4":       {"./x", "main+4"},
		"./x:ns::f":        {"./x", "ns::f"},
		"./a:b/x:f%return": {"./a:b/x", "f%return"},
		"main":             {},
		"./x:":             {},
		":main":            {},
	} {
		path, place, ok := Split(in)
		require.Equal(t, want, [2]string{path, place}, in)
		require.Equal(t, want[0] != "", ok, in)
	}
}
