package scenario

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// carriedOut gives what the last of some directives prints.
func carriedOut(t *testing.T, name string, scheduled bool, directives ...string) (out string, err error) {
	t.Helper()
	f, err := Load(name)
	require.NoError(t, err)
	f, err = f.With(map[string][]byte{"steps": []byte("> " + strings.Join(directives, "\n> ") + "\n")})
	if err != nil {
		return "", err
	}
	r, err := Open(t.Context(), f, Options{Scheduled: scheduled})
	if err != nil {
		return "", err
	}
	defer r.Close()
	x := NewTranscript(r)
	for i := range f.Steps {
		if out, err = x.Do(t.Context(), &f.Steps[i]); err != nil {
			return "", err
		}
	}
	return out, nil
}

// The directive set changes the place that it names, and go lets the actor
// that it names take the steps.
func TestDirectivesThatChangeARun(t *testing.T) {
	for _, c := range []struct {
		name       string
		directives []string
		prints     string
	}{
		{"first-probe", []string{"set %eax 0x123456789", "print %eax"}, "= 0x23456789 "},
		{"first-probe", []string{"set %eip target+3", "step", "print %eip == main"}, "(0)"},
		{"first-probe", []string{"set %CF 1", "set %ZF 1", "set %CF 0", "print %CF*2 + %ZF"}, "= 0x1 "},
		{"first-probe", []string{"set %eflags 0x202", "print %eflags"}, "= 0x202 "},
		{"first-probe", []string{"set u16[main] 0x9090", "print u8[main]*256 + u8[main+1]"}, "= 0x9090 "},
		{"first-probe", []string{"until target", "set %eax %eax*3", "run", "print %eax"}, "= 0x8 "},
		{"smp-missed-probe", []string{"cpu 1", "set %eax 9", "print %eax@1 - %eax@0"}, "= 0x9 "},
		{"smp-missed-probe", []string{"set %eax@1 9", "print %eax@1 - %eax@0"}, "= 0x9 "},
		{"smp-missed-probe", []string{"go 1 1000", "print %eax@1 * 16 + %eax@0"}, "= 0x20 "},
		{"smp-missed-probe", []string{"go 1 1000", "go 0 1000", "go 0"}, "end after "},
		{"timer-during-step", []string{"go 1", "step", "print %eip != 0"}, "(1)"},
	} {
		out, err := carriedOut(t, c.name, true, c.directives...)
		require.NoError(t, err, c.directives)
		require.Contains(t, out, c.prints, c.directives)
	}
	for _, c := range []struct {
		directives []string
		want       string
	}{
		{[]string{"set 5 6"}, `"5" cannot be set`},
		{[]string{"set %cr2 6"}, "%cr2 cannot be set; expected a general register"},
		{[]string{"set %eax"}, "expected a value"},
		{[]string{"set u8[3] 1"}, "no memory at 0x3"},
		{[]string{"set %eax nowhere"}, "nowhere"},
		{[]string{"go 2"}, "actor 2 cannot go on after 0 steps; expected one of [0 1]"},
		{[]string{"go 1 1000", "go 1"}, "actor 1 cannot go on after"},
		{[]string{"go"}, "the line ends early"},
		{[]string{"go 99"}, "99"},
	} {
		_, err := carriedOut(t, "smp-missed-probe", false, c.directives...)
		require.ErrorContains(t, err, c.want, c.directives)
	}
}
