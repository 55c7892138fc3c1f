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

// Only a function's result lets a place go on behind a blank; fetch arguments stand for themselves.
func TestFieldsWithResults(t *testing.T) {
	for line, place := range map[string]string{
		"p ./x:int ns::tw<int>(int) %di":                     "./x:int ns::tw<int>(int)",
		"p ./x:unsigned long f(int) a=%di":                   "./x:unsigned long f(int)",
		"p ./x:const char *f(int)+4 a=+0(%sp)":               "./x:const char *f(int)+4",
		"p ./x:std::pair<int, int> f<char, int>(int) n:u32":  "./x:std::pair<int, int> f<char, int>(int)",
		"p ./x:bool ns::operator==(int, int)%return $retval": "./x:bool ns::operator==(int, int)%return",
		"p ./x:main argc argv[1]:string":                     "./x:main",
		"p ./x:main +8(%sp) -4(%bp)":                         "./x:main",
		"p ./x:main argc a=+8(%sp)":                          "./x:main",
		"p ./x:main n=%di +0(%si):string":                    "./x:main",
		`p ./x:main \"text" @0x10 $stack0`:                   "./x:main",
		"p ./x:f(int) g(int)":                                "./x:f(int)",
	} {
		require.Equal(t, place, Fields(line)[1].Text, line)
	}
}
