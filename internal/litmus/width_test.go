package litmus_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/litmus"
)

// T2: an instruction is as wide as its suffix or its registers say: a pointer that
// movq copies is whole, and what a store of eight bytes covers is known.
func TestT2Widths(t *testing.T) {
	for _, x := range []struct{ initial, rows, condition, outcomes string }{
		{
			"0:rdi=x; 0:rsi=y; 1:rdi=x; 1:rsi=y;",
			"movq %rdi,%rdx | mov %rsi,%r9;movq $1,(%rdx) | movl $1,(%r9);movl (%rsi),%eax | mov (%rdi),%eax",
			"exists (0:rax=0 /\\ 1:rax=0)",
			"0:EAX=0; 1:EAX=0|0:EAX=0; 1:EAX=1|0:EAX=1; 1:EAX=0|0:EAX=1; 1:EAX=1",
		},
		// The upper half of -1 as 64 bits is not zero, as 32 bits it is.
		{"", "movq $-1,(x);movq (x),%rax;addq $1,%rax;jc LC0;movl $7,%ebx;LC0: nop", "exists (0:rbx=0)", "0:EBX=0"},
		{"", "movl $-1,(x);movq (x),%rax;addq $1,%rax;jc LC0;movl $7,%ebx;LC0: nop", "exists (0:rbx=7)", "0:EBX=7"},
	} {
		test, err := litmus.Parse("widths", []byte("X86_64 widths\n{ "+x.initial+" }\n"+table(x.rows)+x.condition+"\n"))
		require.NoError(t, err)
		r, err := test.Outcomes(t.Context(), "widths", 8, litmus.Options{})
		require.NoError(t, err)
		require.True(t, test.Confirmed(r.Outcomes()))
		shown := ""
		for _, o := range r.Outcomes() {
			shown += "|" + test.Show(o)
		}
		require.Equal(t, "|"+x.outcomes, shown)
	}
}

// table is rows of cells, with ; between, as a test's code.
func table(rows string) string {
	head := " P0 ;\n "
	if strings.Contains(rows, "|") {
		head = " P0 | P1 ;\n "
	}
	return head + strings.ReplaceAll(rows, ";", " ;\n ") + " ;\n"
}

// Labels are defined once and in the thread that jumps to them; registers of an
// instruction have one width; a name is read to its end.
func TestFlawsOfCode(t *testing.T) {
	for rows, flaw := range map[string]string{
		"jmp LC1":                      `t:4:2: a jump to "LC1"; expected a label of the same thread`,
		"LC1: nop | nop;nop | jmp LC1": `t:5:8: a jump to "LC1"`,
		"LC1: nop;LC1: nop":            `t:5:2: label "LC1" a second time in its thread`,
		"movl %rdi,%rdx":               "t:4:2: movl with registers of 32 and of 64 bits",
		"mov %edi,%rdx":                "t:4:2: mov with registers of 32 and of 64 bits",
		"movl $1,(P7)":                 `t:4:2: location "P7", which the test's scenario uses itself`,
		"movl $1,(int3_idt)":           `t:4:2: location "int3_idt"`,
	} {
		_, err := litmus.Parse("t", []byte("X86_64 t\n{}\n"+table(rows)+"exists true\n"))
		require.ErrorContains(t, err, flaw)
	}
	test, err := litmus.Parse("t", []byte("X86_64 t\n{ truex=1; }\n P0 ;\n movl (truex),%eax ;\nexists (truex=1 /\\ true)\n"))
	require.NoError(t, err)
	require.Equal(t, "([truex]=1 /\\ true)", test.Condition.Formula.String())
}

// Buffers that can be full are noticed, which "forbidden" then depends on.
func TestFits(t *testing.T) {
	for rows, fits := range map[string]int{
		"movl $1,(x);movl (y),%eax":                1,
		"movl $1,(x);incl (y);cmpl $1,(z)":         2,
		"movl $1,(x);jmp LC0;movl $1,(x);LC0: nop": 2,
		"LC0: movl $1,(x);jmp LC0":                 -1,
		"nop | movl $1,(x);nop | xchgl %eax,(x)":   2,
	} {
		test, err := litmus.Parse("t", []byte("X86_64 t\n{}\n"+table(rows)+"exists true\n"))
		require.NoError(t, err)
		for n := 1; n <= 8; n++ {
			require.Equal(t, fits > 0 && n >= fits, test.Fits(n), "%s with %d", rows, n)
		}
	}
}
