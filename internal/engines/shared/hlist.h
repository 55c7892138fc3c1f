/* Lists with a head of one word, which end in NULL. */
struct hlist_node {
	struct hlist_node *volatile next;
	struct hlist_node *volatile *volatile pprev;
};

struct hlist_head {
	struct hlist_node *volatile first;
};

/* What an hlist_node points to that is out of its list. */
#define LIST_POISON1 ((void *)0x00100100)
#define LIST_POISON2 ((void *)0x00200200)
