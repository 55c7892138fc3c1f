// Package filter is the expressions of an event's filter file and of triggers' conditions: what the kernel accepts and
// refuses, with its message and the caret's place, and which records they let through (the model is Linux 6.1,
// trace_events_filter.c).
//
//	EXPR  = TERM { "||" TERM }
//	TERM  = FACT { "&&" FACT }
//	FACT  = "!" FACT | "(" EXPR ")" | FIELD OP VALUE
//	OP    = "~" | "!=" | "==" | "<=" | "<" | ">=" | ">" | "&"
//	VALUE = number | "'" text "'" | '"' text '"'
//
// "~" compares with a pattern of *, ?, [set] and \; a leading '!' in the pattern turns it round.
package filter
