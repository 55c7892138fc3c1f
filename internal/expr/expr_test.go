package expr

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type fakeEnv struct{}

func (fakeEnv) Register(cpu int, name string) (uint64, error) {
	if name == "eax" {
		return uint64(100 + cpu), nil
	}
	return 0, fmt.Errorf("no register %q", name)
}

func (fakeEnv) Symbol(name string) (uint64, error) {
	if name == "table" {
		return 0x1000, nil
	}
	return 0, fmt.Errorf("no symbol %q", name)
}

func (fakeEnv) Memory(addr uint64, size int) (uint64, error) { return addr + uint64(size), nil }
func (fakeEnv) Call(f, arg string) (uint64, error)           { return uint64(len(f) + len(arg)), nil }

func TestEval(t *testing.T) {
	for text, want := range map[string]uint64{
		"1 + 2 * 3":                     7,
		"(1 + 2) * 3":                   9,
		"10 - 3 - 2":                    5,
		"0x10 == 16":                    1,
		"1 && 0 || 1":                   1,
		"!0 + ~0":                       0,
		"-1 == 0xffffffffffffffff":      1,
		"1 << 4 | 1":                    17,
		"'A'":                           65,
		"%eax":                          99,
		"%eax@3 % 2":                    1,
		"table+8":                       0x1008,
		"u32[table + 4] - 8":            0x1000,
		"word[table]":                   0x1000,
		"hits(abc) >= 7":                1,
		"0 && table2 || 1":              1,
		"u8[u16[table]+1] == table + 4": 1,
	} {
		n, err := Parse(text)
		require.NoError(t, err, text)
		v, err := Eval(n, fakeEnv{})
		require.NoError(t, err, text)
		assert.Equal(t, want, v, text)
	}
}

func TestErrorsPointAtTheirPlace(t *testing.T) {
	for text, want := range map[string]struct {
		at  int
		msg string
	}{
		"1 +":         {3, "unexpected the end of the expression; expected a number, %register, symbol, memory such as u32[ADDR], or ("},
		"1 < 2 < 3":   {6, "a second comparison; expected && between two comparisons"},
		"hit(a)":      {0, `no function "hit"; expected hits, pre, post, faults, missed, armed, held, halted, signals, preempt_count or need_resched`},
		"u9[1]":       {0, `"u9" is no size; expected u8, u16, u32, u64 or word before [`},
		"(1":          {2, `unexpected the end of the expression; expected ")"`},
		"1 = 2":       {2, `unexpected character '='; expected a number, %register, symbol or operator`},
		"0xg":         {0, `bad number "0xg"; expected a decimal or 0x number of 64 bits`},
		"%eax@9":      {5, `unexpected "9" after @; expected a cpu number from 0 to 7`},
		"1 + nowhere": {4, `no symbol "nowhere"`},
		"1 / 0":       {2, "division by zero; expected a divisor other than 0"},
		"%ebx + 1":    {0, `no register "ebx"`},
	} {
		n, err := Parse(text)
		if err == nil {
			_, err = Eval(n, fakeEnv{})
		}
		var e *Error
		require.True(t, errors.As(err, &e), "%q: %v", text, err)
		assert.Equal(t, want.at, e.Offset, text)
		assert.Equal(t, want.msg, e.Error(), text)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1+2", "%eax@1 == u32[table+4]", "hits(a) && !held(b)", "'A' << 3 % 2", "((((1))))"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Parse(text)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text) {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		printed := n.String()
		if len(printed) > MaxLength {
			return
		}
		again, err := Parse(printed)
		if err != nil {
			if e := new(Error); errors.As(err, &e) && e.Msg == "expression nested too deeply" {
				return
			}
			t.Fatalf("%q printed as %q: %v", text, printed, err)
		}
		if again.String() != printed {
			t.Fatalf("%q printed as %q, then as %q", text, printed, again)
		}
	})
}
