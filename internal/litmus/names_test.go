package litmus_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/litmus"
	"trapline/internal/scenario"
)

// A location with the name of one of the kernel's is refused at its first line in the test, not in the scenario that was made of it.
func TestALocationThatTheKernelHas(t *testing.T) {
	const text = "X86 SB\n(* do_int3 *)\n{ x=0; do_int3=0; }\n P0 | P1 ;\n MOV [x],$1 | MOV [do_int3],$1 ;\nexists (x=1)\n"
	test, err := litmus.Parse("sb.litmus", []byte(text))
	require.NoError(t, err)
	f, err := test.File("sb.litmus")
	require.NoError(t, err)
	_, err = scenario.Open(t.Context(), f, scenario.Options{})
	var flaw *format.Error
	require.ErrorAs(t, err, &flaw)
	require.Equal(t, `sb.litmus:3:8: symbol "do_int3", which the modelled kernel has too; expected another name`, flaw.Error())
	require.Equal(t, "{ x=0; do_int3=0; }", flaw.Text)
}
