package filter

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
)

// fields are those of p:o/l /t/beh:0x170e a=%di:u32 b=%si:s32 q=%dx:u64 c=%cx:s8 s=$comm arr=+0(%sp):x8[3]
var fields = []Field{
	{"a", Number, 16, 4, false}, {"b", Number, 20, 4, true}, {"q", Number, 24, 8, false}, {"c", Number, 32, 1, true},
	{"s", Text, 33, 4, true}, {"arr", Number, 37, 3, false},
	{"cpu", CPU, 0, 4, true}, {"comm", Comm, 0, 0, false}, {"common_pid", Number, 4, 4, true},
}

func event(a uint32, b int32, q uint64, c int8, s string) *Event {
	d := make([]byte, 40)
	binary.LittleEndian.PutUint32(d[4:], 77)
	binary.LittleEndian.PutUint32(d[16:], a)
	binary.LittleEndian.PutUint32(d[20:], uint32(b))
	binary.LittleEndian.PutUint64(d[24:], q)
	d[32] = byte(c)
	binary.LittleEndian.PutUint32(d[33:], uint32(len(d))|uint32(len(s)+1)<<16)
	return &Event{Data: append(append(d, s...), 0), CPU: 1, Comm: "beh"}
}

func TestMatch(t *testing.T) {
	e := event(3, -2, 1<<63, -1, "some words")
	for text, want := range map[string]bool{
		"a == 3":                      true,
		"a == 0x3":                    true,
		"a == 03 && b == -2":          true,
		"a != 3":                      false,
		"a > 2 && a < 4":              true,
		"a >= 4 || a <= 2":            false,
		"b < 0":                       true,
		"b == 4294967294":             true, // compared in the field's width
		"q > 9223372036854775807":     true,
		"c == -1":                     true,
		"c == 255":                    true,
		"a & 1":                       true,
		"a & 4":                       false,
		"!(a == 3)":                   false,
		"!a == 3":                     false,
		"!!a == 3":                    true,
		"!(a == 4 || b == 5) && c<0":  true,
		"a == 1 || a == 3 && b == 5":  false, // && binds closer
		"(a == 1 || a == 3) && b==-2": true,
		`s == "some words"`:           true,
		`s != 'some words'`:           false,
		`s == "some"`:                 false,
		`s ~ "some*"`:                 true,
		`s ~ "*words"`:                true,
		`s ~ "*e w*"`:                 true,
		`s ~ "some words"`:            true,
		`s ~ "!some*"`:                false,
		`s ~ "s?me*ds"`:               true,
		`s ~ "[r-t]ome w[!a-n]rds"`:   true,
		`s ~ "s*e*x"`:                 false,
		`s ~ "\some words"`:           true,
		"cpu == 1":                    true,
		"cpu > 1":                     false,
		"cpu & 1":                     false, // the kernel has no such comparison
		`comm == "beh"`:               true,
		`comm ~ "b*"`:                 true,
		"common_pid == 77":            true,
		"arr == 1":                    false, // three bytes: compared with nothing
		"arr != 1":                    false,
	} {
		f, err := Parse(text, fields)
		require.Nil(t, err, text)
		require.Equal(t, want, f.Match(e), text)
		require.Equal(t, text, f.String())
	}
	require.True(t, (*Filter)(nil).Match(e))
}

// The first is recorded (u_filter); the others follow the kernel's source.
func TestRefused(t *testing.T) {
	const invalid, perm, noent, srch = events.EINVAL, errPerm, events.ENOENT, errSearch
	for _, c := range []struct {
		text  string
		errno events.Errno
		caret int // bytes before it; -1: no caret
		why   Problem
	}{
		{"nosuch == 1", invalid, 7, FieldNotFound},
		{"a = 3", invalid, 3, InvalidOperator},
		{"a", invalid, 2, InvalidOperator},
		{"a == ", invalid, 5, InvalidValue},
		{"a == x", invalid, 6, InvalidValue},
		{"a == 3x", invalid, 6, IllegalInteger},
		{"a == -3", invalid, 6, IllegalInteger},
		{"b == 9223372036854775808", invalid, 6, IllegalInteger},
		{"a == 12345678901234567890123456", invalid, 31, OperandTooLong},
		{`a == "x"`, invalid, 6, ExpectDigit},
		{"s == 1", invalid, 6, ExpectString},
		{`s < "x"`, invalid, 5, IllegalOperation},
		{"a ~ 1", invalid, 5, IllegalOperation},
		{"a == 1 b == 2", perm, 7, TooManyTerms},
		{"a == 1 & b == 2", perm, 7, TooManyTerms},
		{"a == 1 &&", invalid, 9, Meaningless},
		{"!", invalid, 1, NoFilter},
		{"a == 1)", perm, 6, TooManyClose},
		{"((a == 1)", noent, 0, TooManyOpen},
		{"a == 1 || (b == 2", noent, 10, TooManyOpen},
		{`s == "x`, srch, 5, MissingQuote},
		{"", invalid, -1, Unexplained},
		{"()", invalid, -1, Unexplained},
		{"&&", perm, -1, Unexplained},
		{`s == "` + strings.Repeat("x", 256) + `"`, invalid, 263, OperandTooLong},
	} {
		f, err := Parse(c.text, fields)
		require.Nil(t, f, c.text)
		require.Equal(t, c.errno, err.Errno, c.text)
		want := c.text + "\nError: (0)\n"
		switch {
		case c.caret == 0:
			want = c.text + "\n^\nparse_error: " + string(c.why) + "\n"
		case c.caret > 0:
			want = c.text + "\n" + strings.Repeat(" ", min(c.caret, len(c.text))) + "^\nparse_error: " + string(c.why) + "\n"
		}
		require.Equal(t, want, err.FileText(), c.text)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a == 3 && !(b < -1 || s ~ '[a-]*')", "((", "'", "s ~ \"\\", "!!!a&1"} {
		f.Add(s)
	}
	e := event(1, 2, 3, 4, "text")
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := Parse(s, fields); err == nil {
			p.Match(e)
		} else if err.Pos < 0 || err.FileText() == "" {
			t.Fatal(err)
		}
	})
}
