package course

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/tui/quiz"
)

// TestHonestFormsAreRight: each answer of the course in the forms that people
// give it, and the answers of other questions, which are wrong.
func TestHonestFormsAreRight(t *testing.T) {
	list, err := Lessons()
	require.NoError(t, err)
	right, wrong := 0, 0
	var all []quiz.Question
	for _, l := range list {
		for _, q := range l.Asked() {
			if q.Task == nil {
				all = append(all, q)
			}
		}
	}
	for _, q := range all {
		for _, a := range q.Answers {
			for _, form := range forms(a) {
				right++
				assert.True(t, q.Right(form), "%s: %q for %q", q.Text, form, a)
			}
		}
		for _, other := range all {
			a := other.Answers[0]
			if numbers(q.Answers, a) {
				continue
			}
			wrong++
			assert.False(t, q.Right(a), "%s: %q for %q", q.Text, a, q.Answers)
		}
	}
	assert.GreaterOrEqual(t, right, 200)
	assert.GreaterOrEqual(t, wrong, 200)
}

// forms are ways to say one answer.
func forms(a string) []string {
	list := []string{a, strings.ToUpper(a), strings.ReplaceAll(a, "_", " "), "  " + a + " ", a + ".", "(" + a + ")", "the " + a, "`" + a + "`", "It is " + a}
	if n, err := strconv.ParseUint(a, 10, 64); err == nil {
		list = append(list, "0x"+strconv.FormatUint(n, 16), a+" bytes", "0"+a)
	} else if n, err := strconv.ParseUint(strings.TrimPrefix(a, "0x"), 16, 64); err == nil && (len(a) == 2 || strings.HasPrefix(a, "0x")) {
		list = append(list, strconv.FormatUint(n, 10), "0x"+strconv.FormatUint(n, 16), strconv.FormatUint(n, 16)+"h")
	}
	return list
}

// numbers reports whether a, in some way of reading it, may be one of answers:
// as text, or as a number in either base.
func numbers(answers []string, a string) bool {
	read := func(s string) []string {
		s = strings.ToLower(strings.TrimPrefix(s, "the "))
		list := []string{s}
		for _, base := range []int{10, 16} {
			if n, err := strconv.ParseUint(strings.TrimPrefix(s, "0x"), base, 64); err == nil {
				list = append(list, strconv.FormatUint(n, 10))
			}
		}
		if s == "once" || s == "one" {
			list = append(list, "1")
		}
		return list
	}
	for _, x := range answers {
		for _, r := range read(x) {
			for _, y := range read(a) {
				if r == y {
					return true
				}
			}
		}
	}
	return false
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		want, got string
		right     bool
	}{
		{"cc", "0xCC", true}, {"cc", "204", true}, {"cc", "CCh", true}, {"cc", "c", false}, {"cc", "205", false}, {"cc", "", false},
		{"0x83", "83", true}, {"0x83", "131", true}, {"0x83", "0x53", false}, {"0x83", "82", false},
		{"2", "two", true}, {"2", "0x2", true}, {"2", "2 bytes", true}, {"2", "twice", true}, {"2", "02", true}, {"2", "2 apples", false},
		{"2", "20", false}, {"10", "0xa", true}, {"10", "a", false}, {"10", "ten traps", true}, {"10", "0x10", false}, {"1", "one switch", true},
		{"IF", "the IF", true}, {"IF", "%IF", true}, {"IF", "TF", false}, {"IF", "", false}, {"rsi", "%rsi", true}, {"rsi", "$rsi", true},
		{"[GONE]", "gone", true}, {"(fault)", "fault", true}, {"(fault)", "(FAULT)", true}, {"(fault)", "default", false},
		{"the slot", "to the slot", true}, {"the slot", "Into a slot.", true}, {"yes", "no", false}, {"0x80000000006e", "140737488355438", true},
		{"HIT_SS", "HIT SS", true}, {"HIT_SS", "hit-ss", true}, {"HIT_SS", "in the HIT_SS state", true}, {"HIT_SS", "HIT_SSDONE", false},
		{"kprobe_lock", "kprobe lock", true}, {"kprobe_lock", "kprobe_lock()", true}, {"do_int3", "do_int3()", true}, {"do_int3", "int3", false},
		{"trap gate", "trap-gate", true}, {"trap gate", "interrupt gate", false}, {"IF", "IF flag", true}, {"IF", "EFLAGS.IF", true},
		{"yes", "Yes, it does.", true}, {"no", "Yes, it does not", false}, {"no", "no, never", true}, {"yes", "yes and no", false},
		{"4", "4x", true}, {"4", "just 4 of them", true}, {"4", "=4", true}, {"15", "fifteen", true}, {"15", "fourteen", false},
		{"5321", "5,321", true}, {"5321", "5 321", true}, {"5321", "532", false}, {"0", "never", true}, {"0", "nothing", true}, {"1", "nothing", false},
		{"-56", "-56", true}, {"-56", "56", false}, {"2", "-2", false}, {"2", "2 3", false}, {"2", "2.5", false},
	} {
		q := quiz.Question{Answers: []string{c.want}}
		assert.Equal(t, c.right, q.Right(c.got), "%q for %q", c.got, c.want)
	}
}
