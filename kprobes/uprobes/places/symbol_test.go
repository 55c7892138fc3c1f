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

func TestCPPName(t *testing.T) {
	for in, want := range map[string]string{
		"_Z1fv": "f", "_ZN2ns1fEi": "ns::f", "_ZNK2ns1C1mEi": "ns::C::m", "_ZL4stati": "stat",
		"_ZN2ns1CC1Ev": "", "_ZN2ns1fIiEEvT_": "", "_Z1fIiEvT_": "", "main": "", "_Z": "", "_Z9f": "", "_Z99999999999999999999f": "",
	} {
		got, ok := cppName(in)
		require.Equal(t, want != "", ok, in)
		if ok {
			require.Equal(t, want, got, in)
		}
	}
}
