package judge

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mutation is an edit of the seed's text by tokens: in the function that is
// named, the n-th match of a pattern becomes something else; n is every: all do.
type mutation struct {
	name     string
	function string // a definition's name
	pattern  string
	n        int
	by       string
}

const every = -1

// toEnd makes a pattern take the rest of a statement.
const toEnd = `[^;]*;`

var mutations2002 = []mutation{
	{"the step is not asked for", "kprobe_handler", `regs->eflags \|=` + toEnd, 0, ";"},
	{"interrupts stay on in the step", "kprobe_handler", `regs->eflags &=` + toEnd, 0, ";"},
	{"the status is not set to stepping", "kprobe_handler", `kprobe_status =` + toEnd, 1, ";"},
	{"the pre-handler comes behind the flags", "kprobe_handler", `(p->pre_handler\(` + toEnd + `)(\s*regs->eflags \|=` + toEnd + `)`, 0, "$2$1"},
	{"a hit's address is two bytes back", "kprobe_handler", `-1`, 0, "-2"},
	{"who finds no probe keeps the lock", "kprobe_handler", `unlock_kprobes` + toEnd, 0, ";"},
	{"gone breakpoints are the others", "kprobe_handler", `!= BREAK`, 0, "== BREAK"},
	{"interrupts are not turned on for the kernel's own", "kprobe_handler", `restore_interrupts` + toEnd, 0, ";"},
	{"an inner hit is nobody's", "kprobe_handler", `return 1`, 0, "return 0"},
	{"no saved flags", "kprobe_handler", `kprobe_saved_eflags = `, 0, ""},
	{"cli sets IF itself no more", "is_IF_modifier", `0xfa`, 0, "0xf8"},
	{"popf sets IF itself no more", "is_IF_modifier", `case 0x9d:`, 0, ""},
	{"eip is not rewound", "disarm_kprobe", `regs->eip` + toEnd, 0, ";"},
	{"TF stays", "rearm_kprobe", `regs->eflags` + toEnd, 0, ";"},
	{"the breakpoint is not written back", "rearm_kprobe", `BREAKPOINT_INSTRUCTION`, 0, "p->opcode"},
	{"the post-handler's flags are 1", "post_kprobe_handler", `, 0\)`, 0, ", 1)"},
	{"the pushed flags of popf are mended", "post_kprobe_handler", `0x9c`, 0, "0x9d"},
	{"the pushed flags keep TF", "post_kprobe_handler", `EF_TF \|`, 0, ""},
	{"the old flags come back behind a step", "post_kprobe_handler", `kprobe_saved_eflags`, 0, "kprobe_old_eflags"},
	{"a step of somebody else's ends here", "post_kprobe_handler", `return 0`, 0, "return 1"},
	{"the saved flags come back behind a fault", "kprobe_fault_handler", `kprobe_old_eflags`, 0, "kprobe_saved_eflags"},
	{"a fault keeps the lock", "kprobe_fault_handler", `unlock_kprobes` + toEnd, 0, ";"},
	{"the fault handler's answer is dropped", "kprobe_fault_handler", `return 1`, 0, ""},
	{"kprobe_cpu stays", "unlock_kprobes", `kprobe_cpu` + toEnd, 0, ";"},
	{"unlocking may schedule", "unlock_kprobes", `_no_resched`, 0, ""},
	{"preemption stays on", "lock_kprobes", `preempt_disable` + toEnd, 0, ";"},
	{"two probes at one address", "register_kprobe", `goto out;`, 0, ""},
	{"the opcode is taken from the breakpoint", "register_kprobe", `(p->opcode =` + toEnd + `)(\s*\*p->addr =` + toEnd + `)`, 0, "$2$1"},
	{"new probes are not in the table", "register_kprobe", `list_add` + toEnd, 0, ";"},
	{"old probes stay in the table", "unregister_kprobe", `list_del` + toEnd, 0, ";"},
	{"the byte is not written back", "unregister_kprobe", `\*p->addr` + toEnd, 0, ";"},
	{"the first of a bucket only", "get_kprobe", `if \([^)]*== addr\)`, 0, ""},
	{"nobody's int3 is swallowed", "do_int3", `return 0`, 0, "return 1"},
}

// edit changes text if the function is there.
func (m mutation) edit(t *testing.T, text *string) bool {
	t.Helper()
	start := regexp.MustCompile(`[^\n;]*\b` + m.function + `\([^;{]*\{`).FindString(*text)
	if start == "" {
		return false
	}
	body, err := function(*text, start)
	require.NoError(t, err)
	pattern := regexp.MustCompile(m.pattern)
	at := pattern.FindAllStringIndex(body, -1)
	require.Greater(t, len(at), m.n, m.name)
	from, to := 0, len(body)
	if m.n != every {
		from, to = at[m.n][0], at[m.n][1]
	}
	changed := body[:from] + pattern.ReplaceAllString(body[from:to], m.by) + body[to:]
	require.NotEqual(t, body, changed, m.name)
	*text = strings.Replace(*text, body, changed, 1)
	return true
}

// apply makes the mutated text.
func (s *text2002) apply(t *testing.T, m mutation) *text2002 {
	t.Helper()
	edited := *s
	inEngine := m.edit(t, &edited.engine)
	require.True(t, m.edit(t, &edited.generic) || inEngine, "no function %s", m.function)
	return &edited
}

// noticing runs the situations under ours once, and tells whether one differs
// under another text.
func noticing(t *testing.T, ours text, list []situation) func(*testing.T, text) {
	t.Helper()
	programs := make([]*program, len(list))
	wants := make([][]string, len(list))
	for i := range list {
		sit := &list[i]
		p, err := assemble(sit.name, sit.text, sit.noPre)
		require.NoError(t, err)
		w, err := watched(ours, p, sit)
		require.NoError(t, err)
		programs[i], wants[i] = p, w.lines
	}
	return func(t *testing.T, x text) {
		for i := range list {
			w, err := watched(x, programs[i], &list[i])
			if err != nil || difference(w.lines, wants[i]) != "" {
				t.Logf("noticed by %q", list[i].name)
				return
			}
		}
		t.Error("not noticed")
	}
}

// TestMutations2002: the comparison notices each change of the seed's text.
func TestMutations2002(t *testing.T) {
	seed := seed2002(t)
	notice := noticing(t, ourText("2002", false), situations)
	for _, m := range mutations2002 {
		t.Run(m.name, func(t *testing.T) {
			img, err := seed.apply(t, m).image("-Og")
			require.NoError(t, err)
			notice(t, seedText("mutated", img))
		})
	}
}
