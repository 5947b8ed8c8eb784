/* init.c - podsim init MANIFEST...: a first scenario around manifests that are there. */

#include "commands/all.h"
#include "commands/init_routes.h"
#include "commands/output.h"
#include "kube/codec.h"
#include "report/text.h"
#include "rules/endpoints.h"

#include <string.h>

struct init_options {
	char *out, *openapi, *access_log, *container;
	char **routes;
};

struct modelled { /* a container that needs an application */
	const struct deployment *deployment;
	const struct container *container;
	char *name; /* of the application */
};

struct draft {
	const struct init_options *options;
	GPtrArray *objects;   /* struct object * */
	GPtrArray *modelled;  /* struct modelled * */
	GPtrArray *manifests; /* char *: as the scenario names them */
	GPtrArray *silent;    /* char *: kinds that are not simulated */
	struct found_routes found;
	const struct modelled *routed; /* the one that the routes are of; NULL: none */
};

static const char examples[] =
    "  podsim init deployment.yaml service.yaml hpa.yaml -o scenario.yaml\n"
    "  curl -s http://localhost:8000/openapi.json > openapi.json\n"
    "  podsim init web.yaml --openapi openapi.json --route /metrics -o web-scenario.yaml\n"
    "  kubectl logs deployment/web > access.log; podsim init web.yaml --access-log access.log\n";

static void modelled_free(void *data)
{
	struct modelled *modelled = data;

	g_free(modelled->name);
	g_free(modelled);
}

static void draft_init(struct draft *draft, const struct init_options *options)
{
	*draft = (struct draft){.options = options};
	draft->objects = g_ptr_array_new_with_free_func((GDestroyNotify)object_unref);
	draft->modelled = g_ptr_array_new_with_free_func(modelled_free);
	draft->manifests = g_ptr_array_new_with_free_func(g_free);
	draft->silent = g_ptr_array_new_with_free_func(g_free);
	found_routes_init(&draft->found);
}

static void draft_clear(struct draft *draft)
{
	g_ptr_array_unref(draft->objects);
	g_ptr_array_unref(draft->modelled);
	g_ptr_array_unref(draft->manifests);
	g_ptr_array_unref(draft->silent);
	found_routes_clear(&draft->found);
}

/* --- reading the manifests --- */

/* The path of @file as seen from the folder of the scenario. */
static char *seen_from(const char *scenario, const char *file)
{
	g_autofree char *folder = scenario ? g_path_get_dirname(scenario) : g_strdup(".");

	if (g_path_is_absolute(file) || g_str_equal(folder, ".")) {
		return g_strdup(file);
	}
	g_autofree char *from = g_canonicalize_filename(folder, NULL);
	g_autofree char *to = g_canonicalize_filename(file, NULL);
	g_auto(GStrv) a = g_strsplit(from, "/", -1), b = g_strsplit(to, "/", -1);
	GString *path = g_string_new(NULL);
	unsigned same = 0;

	while (a[same] && b[same] && g_str_equal(a[same], b[same])) {
		same++;
	}
	for (unsigned i = same; a[i]; i++) {
		g_string_append(path, "../");
	}
	g_autofree char *rest = g_strjoinv("/", b + same);

	g_string_append(path, rest);
	return g_string_free(path, FALSE);
}

/* Of the Deployment, with what it takes to be the only one. */
static char *name_of(const struct draft *draft, const struct deployment *deployment,
                     const struct container *container)
{
	const struct object_meta *meta = &deployment->object.meta;
	char *name = deployment->template.spec->n_containers == 1
	                 ? g_strdup(meta->name)
	                 : g_strdup_printf("%s-%s", meta->name, container->name);

	for (unsigned i = 0; i < draft->modelled->len; i++) {
		const struct modelled *other = draft->modelled->pdata[i];

		if (g_str_equal(other->name, name)) {
			char *longer = g_strdup_printf("%s-%s", meta->namespace, name);

			g_free(name);
			return longer;
		}
	}
	return name;
}

static void add_containers(struct draft *draft, const struct deployment *deployment)
{
	const struct pod_spec *spec = deployment->template.spec;

	for (size_t i = 0; i < spec->n_containers; i++) {
		struct modelled *modelled = g_new0(struct modelled, 1);

		modelled->deployment = deployment;
		modelled->container = &spec->containers[i];
		modelled->name = name_of(draft, deployment, &spec->containers[i]);
		g_ptr_array_add(draft->modelled, modelled);
	}
}

static bool read_objects(struct draft *draft, const char *file, GError **error)
{
	static const char *const harmless[] = {
	    "ConfigMap", "Secret",      "Namespace",   "ServiceAccount",
	    "Role",      "RoleBinding", "ClusterRole", "ClusterRoleBinding",
	    NULL};
	g_autoptr(GPtrArray) documents = doc_read_file(file, error);
	g_autoptr(GPtrArray) split = documents ? manifest_split(documents, error) : NULL;
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	struct release release;

	release_init(&release, RELEASE_DEFAULT, NULL);
	for (unsigned i = 0; split && i < split->len; i++) {
		struct object *object =
		    object_decode(split->pdata[i], "default", &release, faults, NULL);
		const char *kind = doc_text(doc_get(split->pdata[i], "kind"));

		if (g_strcmp0(doc_text(doc_get(split->pdata[i], "apiVersion")), "podsim/v1") == 0) {
			object_unref(object);
			doc_error_at(error, split->pdata[i],
			             "expected manifests of Kubernetes, not a %s",
			             kind ? kind : "file of podsim");
			return false;
		}
		if (!object) {
			continue;
		}
		g_ptr_array_add(draft->objects, object);
		if (object->kind == KIND_DEPLOYMENT) {
			add_containers(draft, DEPLOYMENT(object));
		} else if (object->kind == KIND_OTHER && !g_strv_contains(harmless, kind) &&
		           !g_ptr_array_find_with_equal_func(draft->silent, kind, g_str_equal,
		                                             NULL)) {
			g_ptr_array_add(draft->silent, g_strdup(kind));
		}
	}
	if (faults->len > 0) {
		g_ptr_array_add(faults, NULL);
		g_autofree char *text = g_strjoinv("\n", (char **)faults->pdata);

		g_set_error_literal(error, DOC_ERROR, DOC_ERROR_INVALID, text);
		return false;
	}
	if (split) {
		g_ptr_array_add(draft->manifests, seen_from(draft->options->out, file));
	}
	return split != NULL;
}

static bool read_routes(struct draft *draft, GError **error)
{
	const struct init_options *options = draft->options;

	if ((options->openapi && !routes_from_openapi(&draft->found, options->openapi, error)) ||
	    (options->access_log && !routes_from_log(&draft->found, options->access_log, error))) {
		return false;
	}
	for (char **route = options->routes; route && *route; route++) {
		if (!routes_from_path(&draft->found, *route, error)) {
			return false;
		}
	}
	return true;
}

/* Which container the routes are of. */
static bool choose_container(struct draft *draft, GError **error)
{
	const char *wanted = draft->options->container;
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	unsigned n = 0;

	for (unsigned i = 0; i < draft->modelled->len; i++) {
		const struct modelled *modelled = draft->modelled->pdata[i];

		g_ptr_array_add(names, modelled->name);
		if (!wanted || g_str_equal(modelled->name, wanted) ||
		    g_str_equal(modelled->container->name, wanted)) {
			draft->routed = modelled;
			n++;
		}
	}
	if (n == 1 || (draft->found.routes->len == 0 && !wanted)) {
		draft->routed = n == 1 ? draft->routed : NULL;
		return true;
	}
	g_ptr_array_add(names, NULL);
	g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);

	if (n == 0 && wanted) {
		g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID,
		            "--container: there is no container `%s`; expected one of %s", wanted,
		            all);
	} else {
		g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID,
		            "the routes may belong to any of %s: say which with --container", all);
	}
	return false;
}

/* --- writing --- */

/* Appends a line; what a person must decide stands above it. */
static void line(GString *out, const char *decide, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void line(GString *out, const char *decide, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);

	va_end(arguments);
	const char *rest = text + strspn(text, "\n");

	g_string_append_len(out, text, rest - text);
	if (decide) {
		g_autofree char *first =
		    g_strdup_printf("%*s# DECIDE: ", (int)strspn(rest, " "), "");
		g_autofree char *next = g_strdup_printf("\n%*s# ", (int)strspn(rest, " "), "");
		g_autoptr(GString) comment = g_string_new(NULL);

		text_wrap(comment, first, decide);
		g_strchomp(comment->str);
		g_auto(GStrv) lines = g_strsplit(comment->str, "\n", -1);

		for (char **each = lines; *each; each++) {
			g_string_append(out, each == lines ? *each : next);
			g_string_append(out, each == lines ? "" : *each + strspn(*each, " "));
		}
		g_string_append_c(out, '\n');
	}
	g_string_append_printf(out, "%s\n", rest);
}

/* A scalar that YAML reads as text. */
static char *quoted(const char *text)
{
	g_autoptr(doc) scalar = doc_new_string(text);
	g_autofree char *yaml = doc_to_yaml(scalar);

	if (strpbrk(text, ",{}[]:#&*!|>'\"%@`") || strchr(text, ' ')) {
		return doc_to_json(scalar, 0);
	}
	return g_strdup(g_strchomp(yaml));
}

static void write_header(const struct draft *draft, GString *out)
{
	const struct modelled *first = draft->modelled->len ? draft->modelled->pdata[0] : NULL;

	line(out, NULL,
	     "# A first scenario. Where it says DECIDE, the manifests do not tell: put in what "
	     "you know of");
	line(out, NULL, "# the application and the cluster. Then: podsim check, podsim run.");
	line(out, NULL, "apiVersion: podsim/v1\nkind: Scenario\nmetadata:\n  name: %s",
	     first ? first->deployment->object.meta.name : "first");
	line(out, "what this scenario is to show", "  description: a first scenario");
	line(out, NULL, "spec:\n  to: 10m\n  seed: 1\n");
	line(out, NULL, "  cluster:");
	line(out, "`kubectl version`, the server's", "    version: \"%s\"", RELEASE_DEFAULT);
	line(out, NULL, "    nodes:\n    - name: node");
	line(out, "how many nodes", "      count: 1");
	line(out, "`kubectl describe node`, Allocatable",
	     "      allocatable: {cpu: \"4\", memory: 8Gi, pods: \"110\"}");
	line(out, "what other pods request there",
	     "      otherRequests: {cpu: \"0\", memory: \"0\"}");
	line(out, "how long images take to arrive, when they are not there yet",
	     "    timing: {imagePull: 0s}");
	g_string_append_c(out, '\n');
	for (unsigned i = 0; i < draft->silent->len; i++) {
		line(out, NULL, "  # kind %s is accepted and has no effect here",
		     (const char *)draft->silent->pdata[i]);
	}
	line(out, NULL, "  manifests:");
	for (unsigned i = 0; i < draft->manifests->len; i++) {
		g_autofree char *name = quoted(draft->manifests->pdata[i]);

		line(out, NULL, "  - %s", name);
	}
}

static void write_route(const struct found_route *route, GString *out)
{
	g_autofree char *path = quoted(route->path);

	if (!found_route_is_served(route)) {
		line(out, NULL,
		     "    # %s was asked for %u time%s and always answered 404: not served",
		     route->path, route->seen, text_plural(route->seen));
		return;
	}
	const int status = found_route_status(route);

	g_string_append_printf(out, "    - {path: %s", path);
	if (status != 200) {
		g_string_append_printf(out, ", status: %d", status);
	}
	g_string_append_c(out, '}');
	if (route->seen > 0) {
		g_string_append_printf(out, "   # %u request%s", route->seen,
		                       text_plural(route->seen));
		if (route->unknown > 0) {
			g_string_append_printf(out, ", %u of them 404", route->unknown);
		}
	} else if (route->methods && *route->methods && !strstr(route->methods, "GET")) {
		g_string_append_printf(out, "   # %s only: a probe would get 405", route->methods);
	}
	g_string_append_c(out, '\n');
}

static void write_routes(const struct draft *draft, const struct modelled *modelled, GString *out)
{
	const GPtrArray *routes = draft->found.routes;

	if (modelled != draft->routed || routes->len == 0) {
		line(out, NULL,
		     "    # DECIDE: the paths that it serves; every other answers 404. They are "
		     "not taken from the probes,");
		line(out, NULL,
		     "    # which may ask for what is not there: see --openapi, --access-log, "
		     "--route.");
		line(out, NULL, "    routes: []");
		return;
	}
	line(out, NULL,
	     "    # every other path answers 404. DECIDE: `cpu` and `wait` of those that cost "
	     "something, such as");
	line(out, NULL,
	     "    # {path: /x, cpu: {gamma: {mean: 5ms, shape: 4}}, wait: 20ms}; `needs` of "
	     "those that need a dependency");
	line(out, NULL, "    routes:");
	for (unsigned i = 0; i < routes->len; i++) {
		write_route(routes->pdata[i], out);
	}
}

static void write_application(const struct draft *draft, const struct modelled *modelled,
                              GString *out)
{
	int64_t milli;
	g_autofree char *container = quoted(modelled->container->name);
	g_autofree char *deployment = quoted(modelled->deployment->object.meta.name);
	g_autofree char *name = quoted(modelled->name);
	g_autofree char *namespace = quoted(modelled->deployment->object.meta.namespace);
	g_autofree char *memory =
	    resource_list_get(&modelled->container->requests, "memory", &milli) && milli > 0
		? text_memory_amount(milli)
		: g_strdup("64Mi");

	line(out, NULL, "  - name: %s\n    match: {container: %s, deployment: %s, namespace: %s}",
	     name, container, deployment, namespace);
	line(out,
	     "from the container's start to the first accepted connection; CPU time of a start",
	     "    startup: {listensAfter: 1s, cpu: 0s}");
	line(out, "worker processes; cores each can use (1 under an interpreter lock, 0: any)",
	     "    workers: 1\n    coresPerWorker: 0");
	line(out, "CPU without any request (`kubectl top pod`)", "    background: {cpu: 0m}");
	line(out, "memory in use (`kubectl top pod`), not requested", "    memory: {base: %s}",
	     memory);
	line(out, "from SIGTERM to exit", "    onTerm: {exitAfter: 1s}");
	write_routes(draft, modelled, out);
}

/* A path that users would ask for. */
static const char *main_path(const struct draft *draft)
{
	static const char *const others[] = {"health", "ready", "live",    "metrics", "ping",
	                                     "status", "docs",  "openapi", NULL};
	const char *first = NULL;

	for (unsigned i = 0; i < draft->found.routes->len; i++) {
		const struct found_route *route = draft->found.routes->pdata[i];
		bool usual = false;

		if (!found_route_is_served(route)) {
			continue;
		}
		for (const char *const *other = others; *other; other++) {
			usual |= strstr(route->path, *other) != NULL;
		}
		if (!usual) {
			return route->path;
		}
		first = first ? first : route->path;
	}
	return first ? first : "/";
}

static const struct service *main_service(const struct draft *draft)
{
	for (unsigned i = 0; i < draft->objects->len; i++) {
		const struct object *object = draft->objects->pdata[i];

		for (unsigned k = 0; object->kind == KIND_SERVICE && k < draft->modelled->len;
		     k++) {
			const struct modelled *modelled = draft->modelled->pdata[k];

			if ((!draft->routed || draft->routed == modelled) &&
			    service_selects(SERVICE(object),
			                    modelled->deployment->object.meta.namespace,
			                    modelled->deployment->template.labels)) {
				return SERVICE(object);
			}
		}
	}
	return NULL;
}

static void write_load(const struct draft *draft, GString *out)
{
	const struct service *service = main_service(draft);

	if (!service || service->n_ports == 0) {
		line(out, NULL,
		     "\n  # no load: no Service of these manifests selects a Deployment");
		return;
	}
	g_autofree char *path = g_strdup(main_path(draft));
	const bool prefix = g_str_has_suffix(path, "*");

	if (prefix) {
		path[strlen(path) - 1] = '\0';
	}
	g_autofree char *request = prefix ? g_strconcat(path, "1", NULL) : g_strdup(path);
	g_autofree char *written = quoted(request);
	g_autofree char *namespace =
	    g_str_equal(service->object.meta.namespace, "default")
		? g_strdup("")
		: g_strdup_printf(", namespace: %s", service->object.meta.namespace);

	line(out, NULL, "\n  load:\n  - name: users\n    from: 2m\n    for: 5m");
	line(out, NULL, "    target: {service: %s%s, port: %d}", service->object.meta.name,
	     namespace, service->ports[0].port);
	line(out,
	     "how many people at a time, and how long each waits between requests (or `rate: "
	     "50/s` in place of both)",
	     "    users: 10\n    thinkTime: {exponential: {mean: 1s}}");
	line(out, "whether clients keep their connections: kube-proxy chooses a pod per connection",
	     "    connections: {keepAlive: true}");
	line(out, NULL, "    timeout: 30s\n    requests:");
	line(out, "what they ask for, with a `weight` each", "    - {path: %s}", written);
}

static char *write_draft(const struct draft *draft)
{
	GString *out = g_string_new(NULL);

	write_header(draft, out);
	if (draft->modelled->len > 0) {
		line(out, NULL, "\n  applications:");
	}
	for (unsigned i = 0; i < draft->modelled->len; i++) {
		write_application(draft, draft->modelled->pdata[i], out);
	}
	write_load(draft, out);
	line(out, NULL,
	     "\n  timeline: []   # what people do and what breaks: {at: 3m, rollout: restart, "
	     "of: deployment/NAME}");
	line(out, "what must hold", "\n  expect:\n  - no findings");
	return g_string_free(out, FALSE);
}

/* --- the command --- */

static bool prepare(struct draft *draft, char **files, GError **error)
{
	for (char **file = files; *file; file++) {
		if (g_str_equal(*file, "-")) {
			g_set_error(
			    error, DOC_ERROR, DOC_ERROR_FILE,
			    "a scenario names its manifests: expected files, not standard input");
			return false;
		}
		if (!read_objects(draft, *file, error)) {
			return false;
		}
	}
	return read_routes(draft, error) && choose_container(draft, error);
}

static int write_scenario(char **files, const struct init_options *options)
{
	struct draft draft;
	GError *error = NULL;
	int code = EXIT_GOOD;

	draft_init(&draft, options);
	if (options->out && g_file_test(options->out, G_FILE_TEST_EXISTS)) {
		g_set_error(&error, DOC_ERROR, DOC_ERROR_FILE, "%s is there already", options->out);
	} else if (prepare(&draft, files, &error)) {
		g_autofree char *text = write_draft(&draft);

		if (!options->out) {
			code = command_print(text);
		} else {
			output_put(options->out, text, &error);
		}
	}
	draft_clear(&draft);
	return error ? command_fail(error) : code;
}

int command_init(int argc, char **argv)
{
	struct init_options options = {0};
	const GOptionEntry entries[] = {
	    {"out", 'o', G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &options.out,
	     "Write to FILE, which must not be there yet (default: standard output)", "FILE"},
	    {"openapi", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &options.openapi,
	     "Take routes from an OpenAPI description, such as FastAPI's /openapi.json", "FILE"},
	    {"access-log", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &options.access_log,
	     "Take routes and statuses from an access log (common, combined, uvicorn)", "FILE"},
	    {"route", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING_ARRAY, &options.routes,
	     "A route; may be given again", "PATH"},
	    {"container", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.container,
	     "The container that the routes are of, where there are several", "NAME"},
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("init", "MANIFEST...",
	                  "Writes a first scenario around manifests, with comments where a person "
	                  "must decide.",
	                  examples, entries, &argc, &argv, 1, -1, &code)) {
		code = write_scenario(argv + 1, &options);
	}
	g_free(options.out);
	g_free(options.openapi);
	g_free(options.access_log);
	g_free(options.container);
	g_strfreev(options.routes);
	return code;
}
