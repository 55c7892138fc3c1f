package events_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/x86"
)

// A name of the manuals is answered with that of struct pt_regs, any other with none.
func TestMeantRegisters(t *testing.T) {
	for name, want := range map[string]string{
		"rdi": "di", "edi": "di", "RAX": "ax", "rsp": "sp", "ebp": "bp", "rip": "ip", "eflags": "flags", "rflags": "flags", "orig_rax": "orig_ax",
		"r8d": "r8", "r15w": "r15", "R9": "r9", "DI": "di", "xmm0": "", "al": "", "r16": "", "": "", "st": "",
	} {
		command := "p f a=%si b=%" + name
		e := &events.Error{Problem: events.BadRegister, Command: command, Pos: len(command) - len(name) - 1}
		meant := events.Meant(x86.AMD64, e)
		if want == "" {
			require.Empty(t, meant, name)
		} else {
			require.Regexp(t, "^"+want+" for "+name+": ", meant)
		}
	}
	require.Empty(t, events.Meant(x86.I386, &events.Error{Problem: events.BadRegister, Command: "p f %r8d", Pos: 4}))
	require.Empty(t, events.Meant(x86.AMD64, nil))
	require.Empty(t, events.Meant(x86.AMD64, &events.Error{Problem: events.BadRegister, Command: "p f", Pos: 3}))
}
