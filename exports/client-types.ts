// Made by `npm run client-types` from the description of the API.

export interface paths {
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The process runs
         * @description Needs no key.
         */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The process runs
         * @description Needs no key.
         */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The process can serve requests
         * @description Needs no key.
         */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List changes
         * @description Those in the environment, and those of its tenant as a whole, the newest first. Needs the permission `audit:read`.
         */
        get: operations["listAuditEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/events/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow changes as they happen
         * @description Server-sent events: `data` is a change as in the list, `id` its `seq`. After a lost connection send the last `id` as `Last-Event-ID`: nothing is left out, and nothing comes twice. The stream ends at once when its key may not see it any more. A key may have 5 streams at once and a tenant 20, on each process. Needs the permission `audit:read`.
         */
        get: operations["streamAuditEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/keys/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Decide on the key of somebody else, or on up to 100
         * @description For services that were presented keys of their own tenant. A bad key is an answer, not an error. Each question counts what it costs against the limit of its key, also if that lacks the permission. Needs the permission `keys:verify`.
         */
        post: operations["verifyKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whom the key speaks for
         * @description Needs any key.
         */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether a proxy may pass a request on, and whom it speaks for
         * @description For nginx, Caddy, HAProxy, Traefik and Envoy. By any method, and with any path behind it; a body is not looked at. Needs any key.
         */
        get: operations["verifyRequest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customer/portal/info": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the customer of the session
         * @description Needs a customer's session.
         */
        get: operations["getPortalInfo"];
        /**
         * Replace what the customer of the session says of itself
         * @description Needs a customer's session.
         */
        put: operations["replacePortalInfo"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List customers
         * @description Needs the permission `customers:read`.
         */
        get: operations["listCustomers"];
        put?: never;
        /**
         * Create a customer
         * @description Needs the permission `customers:write`.
         */
        post: operations["createCustomer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a customer
         * @description Needs the permission `customers:read`.
         */
        get: operations["getCustomer"];
        put?: never;
        post?: never;
        /**
         * Delete a customer
         * @description Needs the permission `customers:write`.
         */
        delete: operations["deleteCustomer"];
        options?: never;
        head?: never;
        /**
         * Change a customer, deactivate or activate it
         * @description Deactivating a customer revokes all of its sessions. Needs the permission `customers:write`.
         */
        patch: operations["updateCustomer"];
        trace?: never;
    };
    "/v1/customers/portal/{external_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Issue a session to a customer
         * @description The answer is the only place where the token is ever shown. Needs the permission `sessions:write`.
         */
        get: operations["issueSession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/portal/{external_id}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke all sessions of a customer
         * @description From the answer on they are refused. Needs the permission `sessions:write`.
         */
        delete: operations["revokeSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/customers/portal/{external_id}/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a session of a customer
         * @description From the answer on it is refused. Repeating it answers alike. Needs the permission `sessions:write`.
         */
        delete: operations["revokeSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/environments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the environments of the tenant
         * @description Needs the permission `environments:read`.
         */
        get: operations["listEnvironments"];
        put?: never;
        /**
         * Create an environment
         * @description Needs the permission `environments:write`.
         */
        post: operations["createEnvironment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/environments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an environment
         * @description Needs the permission `environments:read`.
         */
        get: operations["getEnvironment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change an environment
         * @description Rename it, deactivate or activate it, set the limit that its keys have by default. A stored key may change only the environment that it works in. Needs the permission `environments:write`.
         */
        patch: operations["updateEnvironment"];
        trace?: never;
    };
    "/v1/secrets/api/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a key
         * @description Needs the permission `keys:read`.
         */
        get: operations["getKey"];
        put?: never;
        post?: never;
        /**
         * Delete a key
         * @description From the answer on the key is refused. Repeating it answers alike. Needs the permission `keys:write`.
         */
        delete: operations["deleteKey"];
        options?: never;
        head?: never;
        /**
         * Change a key
         * @description Rename it, deactivate or activate it, set its expiry, permissions or limit. Needs the permission `keys:write`.
         */
        patch: operations["updateKey"];
        trace?: never;
    };
    "/v1/secrets/api/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List keys
         * @description Needs the permission `keys:read`.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Create a key
         * @description The answer is the only place where the key itself is ever shown. Needs the permission `keys:write`.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets/api/keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate a key
         * @description Makes a key that replaces this one, with the same permissions and limits. This one expires after the overlap: at once, if nothing is said. Needs the permission `keys:write`.
         */
        post: operations["rotateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets/api/keys/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the changes of a key
         * @description Who changed it, when, from what to what. It stays readable when the key is deleted. Needs the permission `keys:read`.
         */
        get: operations["listKeyEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets/api/keys/{id}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the usage of a key
         * @description When and from where it was last used, and its requests by hour and outcome, a few seconds behind. Hours are kept for 31 days. Needs the permission `keys:read`.
         */
        get: operations["getKeyUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets/api/keys/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import keys
         * @description Takes over keys of another system by their hashes, all or none. The keys themselves may look like anything, up to 512 characters, and are not sent. Needs the permission `keys:write`.
         */
        post: operations["importKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List signing secrets
         * @description Whose they are, never what they are. Needs the permission `webhooks:read`.
         */
        get: operations["listWebhookSecrets"];
        put?: never;
        /**
         * Store or make a signing secret
         * @description At most two of a provider are there at once: the old one and the new. Needs the permission `webhooks:write`.
         */
        post: operations["createWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a signing secret
         * @description From the answer on nothing that it signs is accepted. Needs the permission `webhooks:write`.
         */
        delete: operations["deleteWebhookSecret"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a tenant
         * @description With it come the environments `development` and `production` and a first key, which has every permission in `production` and is shown this once. Needs a key of the operator's configuration.
         */
        post: operations["createTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the tenant of the key
         * @description Needs the permission `tenants:read`.
         */
        get: operations["getTenant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Rename a tenant, deactivate or activate it
         * @description Deactivating a tenant refuses all of its keys at once. Needs a key of the operator's configuration.
         */
        patch: operations["updateTenant"];
        trace?: never;
    };
    "/v1/usage/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Summarize the usage of all keys
         * @description Of the environment: what is used the most, what is unused, and what expires soon. Needs the permission `keys:read`.
         */
        get: operations["summarizeUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the users and service accounts of the tenant
         * @description Needs the permission `users:read`.
         */
        get: operations["listUsers"];
        put?: never;
        /**
         * Create a user or a service account
         * @description It has no keys yet: create one with its `user_id`. Needs the permission `users:write`.
         */
        post: operations["createUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a user or a service account
         * @description Needs the permission `users:read`.
         */
        get: operations["getUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a user, deactivate or activate it
         * @description Deactivating a user refuses all of its keys at once, in every environment. Only a key of the operator's configuration changes the user of such a key. Needs the permission `users:write`.
         */
        patch: operations["updateUser"];
        trace?: never;
    };
    "/v1/users/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the user that the key belongs to
         * @description Needs any key.
         */
        get: operations["getOwnUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{provider}/{tenant_id}/{environment_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive a webhook
         * @description For providers: a body of any type, 1 MiB at most, signed with a secret of the environment. Needs no key.
         */
        post: operations["receiveWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List received webhooks
         * @description In the order in which they were stored: one that comes later has a higher sequence. Needs the permission `webhooks:read`.
         */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a received webhook with its body
         * @description Needs the permission `webhooks:read`.
         */
        get: operations["getWebhookDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/deliveries/{id}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that a received webhook has been worked on
         * @description Repeating it answers alike. Needs the permission `webhooks:write`.
         */
        post: operations["acknowledgeWebhookDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The keys that signed identities are verified with
         * @description A JSON Web Key Set; not found where `IDENTITY_KEYS` is not set. Needs no key.
         */
        get: operations["listPublicKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: never;
    responses: {
        /** @description The request was refused */
        Refused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": {
                 *         "message": "API key required",
                 *         "internal_error": "permission_denied"
                 *       }
                 *     }
                 */
                "application/json": {
                    /** @enum {boolean} */
                    success: false;
                    error: {
                        message: string;
                        /** @description What is wrong, for machines */
                        internal_error: "permission_denied" | "validation_error" | "not_found" | "already_exists" | "too_many_requests" | "service_unavailable" | "system_error";
                        details?: {
                            path: string;
                            message: string;
                        }[];
                    };
                };
            };
        };
        /** @description The request failed */
        Failed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "success": false,
                 *       "error": {
                 *         "message": "Authentication temporarily unavailable",
                 *         "internal_error": "service_unavailable"
                 *       }
                 *     }
                 */
                "application/json": {
                    /** @enum {boolean} */
                    success: false;
                    error: {
                        message: string;
                        /** @description What is wrong, for machines */
                        internal_error: "permission_denied" | "validation_error" | "not_found" | "already_exists" | "too_many_requests" | "service_unavailable" | "system_error";
                        details?: {
                            path: string;
                            message: string;
                        }[];
                    };
                };
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok";
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok";
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description `unavailable`: a check fails, or the process stops */
                        status: "ok" | "unavailable";
                        /** @description Why the process decides nothing any more, until it is upgraded */
                        reason?: string;
                        checks: {
                            database: "ok" | "unavailable";
                            /** @description `loading`: the replica is loading the keys. `unavailable`: all keys are in memory, but the lease to decide by them has run out. `outdated`: the database holds changes that need a newer release */
                            keys: "ok" | "loading" | "unavailable" | "outdated";
                            /** @description `process`: each process counts for itself, because there is no Redis or it is unreachable */
                            rate_limits: "shared" | "process";
                        };
                        replica: {
                            /** @description Keys in memory; grows while they are loaded */
                            keys: number;
                            key_table_bytes: number;
                            lease_valid: boolean;
                            applied_seq: number | null;
                            /** @description Changes that are known and not applied yet */
                            lag_events: number;
                            /** @description How often it was too slow, and others stopped waiting for it */
                            times_fenced: number;
                            notifications: boolean | null;
                            last_propagation_ms: number | null;
                        };
                    };
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description `unavailable`: a check fails, or the process stops */
                        status: "ok" | "unavailable";
                        /** @description Why the process decides nothing any more, until it is upgraded */
                        reason?: string;
                        checks: {
                            database: "ok" | "unavailable";
                            /** @description `loading`: the replica is loading the keys. `unavailable`: all keys are in memory, but the lease to decide by them has run out. `outdated`: the database holds changes that need a newer release */
                            keys: "ok" | "loading" | "unavailable" | "outdated";
                            /** @description `process`: each process counts for itself, because there is no Redis or it is unreachable */
                            rate_limits: "shared" | "process";
                        };
                        replica: {
                            /** @description Keys in memory; grows while they are loaded */
                            keys: number;
                            key_table_bytes: number;
                            lease_valid: boolean;
                            applied_seq: number | null;
                            /** @description Changes that are known and not applied yet */
                            lag_events: number;
                            /** @description How often it was too slow, and others stopped waiting for it */
                            times_fenced: number;
                            notifications: boolean | null;
                            last_propagation_ms: number | null;
                        };
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listAuditEvents: {
        parameters: {
            query?: {
                /** @description Events in a page */
                limit?: number;
                /** @description The `next_cursor` of the page before */
                cursor?: string;
                /** @example key.deactivated */
                kind?: string;
                /** @description The key that made the change */
                actor_key_id?: string;
                /** @description The user whose key made the change */
                actor_user_id?: string;
                /** @description What was changed: a key, an environment, a tenant, … */
                subject_id?: string;
                /** @description The first instant */
                from?: string;
                /** @description The first instant after */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The newest first */
                        items: {
                            /** @description Grows from change to change; numbers in between are of others */
                            seq: number;
                            /** @description What it was done to, and what */
                            kind: string;
                            tenant_id: string;
                            environment_id: string | null;
                            /** @description The id of what was changed */
                            subject_id: string;
                            /** @description As the API showed it before; null when it is new */
                            before: {
                                [key: string]: unknown;
                            } | null;
                            /** @description As the API showed it afterwards; null when it is gone */
                            after: {
                                [key: string]: unknown;
                            } | null;
                            /** @description Who made the change; all null: the operator of the service, or the service itself */
                            actor: {
                                key_id: string | null;
                                user_id: string | null;
                                address: string | null;
                            };
                            request_id: string | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                        }[];
                        next_cursor: string | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    streamAuditEvents: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `id` that came last, or the `seq` of an event; without it, what happens from now on */
                "last-event-id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events as they happen, each as in a page; comments and bare ids between them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    verifyKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "api_key": "c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffee",
                 *       "permission": "orders:read"
                 *     }
                 */
                "application/json": {
                    /** @description What was presented, whatever it looks like */
                    api_key: string;
                    /** @description What the key must hold */
                    permission?: string;
                    /** @description What counts against the limit of the key, 1 if not said: all of it; or nothing, if less is left. 0 only looks at what is left */
                    cost?: number;
                } | {
                    /** @description What was presented, whatever it looks like */
                    api_key: string;
                    /** @description What the key must hold */
                    permission?: string;
                    /** @description What counts against the limit of the key, 1 if not said: all of it; or nothing, if less is left. 0 only looks at what is left */
                    cost?: number;
                }[];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "valid": true,
                     *       "code": "valid",
                     *       "key_id": "key_01a20557a16e731f8ab301630217ef18",
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "user_id": "user_default",
                     *       "permissions": [
                     *         "orders:read"
                     *       ],
                     *       "rate_limit": {
                     *         "limit": 100,
                     *         "window_seconds": 60,
                     *         "remaining": 99,
                     *         "reset_seconds": 60
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @description Whether the request that presented the key may go on */
                        valid: boolean;
                        /** @description Why, or why not. Keys of other tenants are not found */
                        code: "valid" | "not_found" | "expired" | "inactive" | "insufficient_permissions" | "rate_limited";
                        key_id: string | null;
                        tenant_id: string | null;
                        environment_id: string | null;
                        user_id: string | null;
                        permissions: string[];
                        rate_limit: {
                            /** @description Requests in a window */
                            limit: number;
                            window_seconds: number;
                            /** @description What is left of the limit in this window */
                            remaining: number;
                            /** @description Until the window ends; 0: none is running, and all is left */
                            reset_seconds: number;
                        } | null;
                    } | {
                        /** @description Whether the request that presented the key may go on */
                        valid: boolean;
                        /** @description Why, or why not. Keys of other tenants are not found */
                        code: "valid" | "not_found" | "expired" | "inactive" | "insufficient_permissions" | "rate_limited";
                        key_id: string | null;
                        tenant_id: string | null;
                        environment_id: string | null;
                        user_id: string | null;
                        permissions: string[];
                        rate_limit: {
                            /** @description Requests in a window */
                            limit: number;
                            window_seconds: number;
                            /** @description What is left of the limit in this window */
                            remaining: number;
                            /** @description Until the window ends; 0: none is running, and all is left */
                            reset_seconds: number;
                        } | null;
                    }[];
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "user_id": "user_default",
                     *       "key_id": "key_01a20557a16e731f8ab301630217ef18",
                     *       "permissions": [
                     *         "customers:read"
                     *       ],
                     *       "rate_limit": null
                     *     }
                     */
                    "application/json": {
                        tenant_id: string;
                        environment_id: string | null;
                        user_id: string;
                        key_id: string;
                        permissions: string[];
                        rate_limit: {
                            /** @description Requests in a window */
                            limit: number;
                            window_seconds: number;
                        } | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    verifyRequest: {
        parameters: {
            query?: {
                /**
                 * @description What the key must hold. Several may be named, and all are asked for
                 * @example [
                 *       "orders:read"
                 *     ]
                 */
                permission?: string[];
                /** @description Answer 403 with `X-Auth-Status: 429` instead of 429, for nginx */
                deny?: "403";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Pass the request on, with these headers in place of those of the same names */
            200: {
                headers: {
                    /** @description The tenant */
                    "X-Auth-Tenant-ID"?: string;
                    /** @description The environment; empty: none */
                    "X-Auth-Environment-ID"?: string;
                    /** @description The user */
                    "X-Auth-User-ID"?: string;
                    /** @description The key */
                    "X-Auth-Key-ID"?: string;
                    /** @description What the key holds, with commas between; empty: nothing */
                    "X-Auth-Permissions"?: string;
                    /** @description All of this for this one request, signed: a JWT of a minute. Only where `IDENTITY_KEYS` is set, and to a proxy that is trusted and says which request it is */
                    "X-Auth-Context"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getPortalInfo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "cust_01a20557a16e731f8ab301630217ef18",
                     *       "external_id": "acct_42",
                     *       "name": "Ada Lovelace",
                     *       "email": "ada@example.com",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        external_id: string;
                        name: string | null;
                        email: string | null;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    replacePortalInfo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Ada King",
                 *       "email": "ada@example.com"
                 *     }
                 */
                "application/json": {
                    name: string | null;
                    email: string | null;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "cust_01a20557a16e731f8ab301630217ef18",
                     *       "external_id": "acct_42",
                     *       "name": "Ada Lovelace",
                     *       "email": "ada@example.com",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        external_id: string;
                        name: string | null;
                        email: string | null;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listCustomers: {
        parameters: {
            query?: {
                /** @description Items in a page */
                limit?: number;
                /** @description Items to skip */
                offset?: number;
                /**
                 * @description Your own id of the customer, unique within the environment
                 * @example acct_42
                 */
                external_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            external_id: string;
                            name: string | null;
                            email: string | null;
                            metadata: {
                                [key: string]: string;
                            };
                            /** @description An inactive one is refused with 403 */
                            status: "active" | "inactive";
                            tenant_id: string;
                            environment_id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            updated_at: string;
                        }[];
                        pagination: {
                            total: number;
                            limit: number;
                            offset: number;
                        };
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    createCustomer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "external_id": "acct_42",
                 *       "name": "Ada Lovelace",
                 *       "email": "ada@example.com",
                 *       "metadata": {
                 *         "plan": "pro"
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Your own id of the customer, unique within the environment
                     * @example acct_42
                     */
                    external_id: string;
                    name?: string | null;
                    email?: string | null;
                    /**
                     * @description Labels of your own
                     * @example {
                     *       "plan": "pro"
                     *     }
                     */
                    metadata?: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "cust_01a20557a16e731f8ab301630217ef18",
                     *       "external_id": "acct_42",
                     *       "name": "Ada Lovelace",
                     *       "email": "ada@example.com",
                     *       "metadata": {
                     *         "plan": "pro"
                     *       },
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        external_id: string;
                        name: string | null;
                        email: string | null;
                        metadata: {
                            [key: string]: string;
                        };
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        tenant_id: string;
                        environment_id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getCustomer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "cust_01a20557a16e731f8ab301630217ef18",
                     *       "external_id": "acct_42",
                     *       "name": "Ada Lovelace",
                     *       "email": "ada@example.com",
                     *       "metadata": {
                     *         "plan": "pro"
                     *       },
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        external_id: string;
                        name: string | null;
                        email: string | null;
                        metadata: {
                            [key: string]: string;
                        };
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        tenant_id: string;
                        environment_id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    deleteCustomer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The customer is deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    updateCustomer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Ada King",
                 *       "metadata": {
                 *         "plan": "enterprise"
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Your own id of the customer, unique within the environment
                     * @example acct_42
                     */
                    external_id?: string;
                    name?: string | null;
                    email?: string | null;
                    /**
                     * @description Labels of your own
                     * @example {
                     *       "plan": "pro"
                     *     }
                     */
                    metadata?: {
                        [key: string]: string;
                    };
                    /** @description An inactive one is refused with 403 */
                    status?: "active" | "inactive";
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "cust_01a20557a16e731f8ab301630217ef18",
                     *       "external_id": "acct_42",
                     *       "name": "Ada Lovelace",
                     *       "email": "ada@example.com",
                     *       "metadata": {
                     *         "plan": "pro"
                     *       },
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        external_id: string;
                        name: string | null;
                        email: string | null;
                        metadata: {
                            [key: string]: string;
                        };
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        tenant_id: string;
                        environment_id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    issueSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                external_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "url": "https://portal.example.com#token=eyJhbGciOiJFZERTQSJ9…",
                     *       "token": "eyJhbGciOiJFZERTQSJ9…",
                     *       "expires_at": "2026-11-20T13:00:00.000Z",
                     *       "session_id": "sess_01a20557a16e731f8ab301630217ef18"
                     *     }
                     */
                    "application/json": {
                        /** @description The portal, with the token after `#`, which reaches no server */
                        url: string;
                        /** @description For `X-Session-Token` */
                        token: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        expires_at: string;
                        /** @description To revoke it by */
                        session_id: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    revokeSessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                external_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sessions are revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    revokeSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                external_id: string;
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session is revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listEnvironments: {
        parameters: {
            query?: {
                /** @description Items in a page */
                limit?: number;
                /** @description Items to skip */
                offset?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            tenant_id: string;
                            name: string;
                            /** @description An inactive one is refused with 403 */
                            status: "active" | "inactive";
                            rate_limit: {
                                /** @description Requests in a window */
                                limit: number;
                                window_seconds: number;
                            } | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            updated_at: string;
                        }[];
                        pagination: {
                            total: number;
                            limit: number;
                            offset: number;
                        };
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    createEnvironment: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "staging",
                 *       "rate_limit": {
                 *         "limit": 100,
                 *         "window_seconds": 60
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Unique within the tenant
                     * @example staging
                     */
                    name: string;
                    rate_limit?: {
                        /** @description Requests in a window */
                        limit: number;
                        window_seconds: number;
                    } | null;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "tenant_id": "tenant_default",
                     *       "name": "staging",
                     *       "status": "active",
                     *       "rate_limit": {
                     *         "limit": 100,
                     *         "window_seconds": 60
                     *       },
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        tenant_id: string;
                        name: string;
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        rate_limit: {
                            /** @description Requests in a window */
                            limit: number;
                            window_seconds: number;
                        } | null;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getEnvironment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "tenant_id": "tenant_default",
                     *       "name": "staging",
                     *       "status": "active",
                     *       "rate_limit": {
                     *         "limit": 100,
                     *         "window_seconds": 60
                     *       },
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        tenant_id: string;
                        name: string;
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        rate_limit: {
                            /** @description Requests in a window */
                            limit: number;
                            window_seconds: number;
                        } | null;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    updateEnvironment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "status": "inactive"
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Unique within the tenant
                     * @example staging
                     */
                    name?: string;
                    /** @description An inactive one is refused with 403 */
                    status?: "active" | "inactive";
                    rate_limit?: {
                        /** @description Requests in a window */
                        limit: number;
                        window_seconds: number;
                    } | null;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "tenant_id": "tenant_default",
                     *       "name": "staging",
                     *       "status": "active",
                     *       "rate_limit": {
                     *         "limit": 100,
                     *         "window_seconds": 60
                     *       },
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        tenant_id: string;
                        name: string;
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        rate_limit: {
                            /** @description Requests in a window */
                            limit: number;
                            window_seconds: number;
                        } | null;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "key_01a20557a16e731f8ab301630217ef18",
                     *       "name": "Production backend",
                     *       "description": null,
                     *       "type": "private_key",
                     *       "provider": "latchkey",
                     *       "display_id": "0cc5…68fe",
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "user_id": "user_default",
                     *       "user_type": "user",
                     *       "roles": [],
                     *       "permissions": [
                     *         "customers:read"
                     *       ],
                     *       "rate_limit": {
                     *         "limit": 100,
                     *         "window_seconds": 60
                     *       },
                     *       "metadata": {
                     *         "team": "billing"
                     *       },
                     *       "status": "active",
                     *       "expires_at": null,
                     *       "last_used_at": null,
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z",
                     *       "rotated_to": null,
                     *       "rotated_from": null
                     *     }
                     */
                    "application/json": {
                        id: string;
                        name: string;
                        description: string | null;
                        /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                        type: "private_key" | "publishable_key";
                        provider: string;
                        display_id: string | null;
                        tenant_id: string;
                        environment_id: string;
                        user_id: string;
                        /** @description A person, or a program that has keys of its own */
                        user_type: "user" | "service_account";
                        /** @description Those of the user */
                        roles: string[];
                        permissions: string[];
                        rate_limit: {
                            /** @description Requests in a window */
                            limit: number;
                            window_seconds: number;
                        } | null;
                        metadata: {
                            [key: string]: string;
                        };
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        expires_at: string | null;
                        last_used_at: string | null;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                        rotated_to: string | null;
                        rotated_from: string | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    deleteKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key is deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    updateKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "status": "inactive"
                 *     }
                 */
                "application/json": {
                    /** @example Production backend */
                    name?: string;
                    description?: string | null;
                    /** @description An inactive one is refused with 403 */
                    status?: "active" | "inactive";
                    expires_at?: string | null;
                    permissions?: string[];
                    rate_limit?: {
                        /** @description Requests in a window */
                        limit: number;
                        window_seconds: number;
                    } | null;
                    /**
                     * @description Labels of your own
                     * @example {
                     *       "plan": "pro"
                     *     }
                     */
                    metadata?: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "key_01a20557a16e731f8ab301630217ef18",
                     *       "name": "Production backend",
                     *       "description": null,
                     *       "type": "private_key",
                     *       "provider": "latchkey",
                     *       "display_id": "0cc5…68fe",
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "user_id": "user_default",
                     *       "user_type": "user",
                     *       "roles": [],
                     *       "permissions": [
                     *         "customers:read"
                     *       ],
                     *       "rate_limit": {
                     *         "limit": 100,
                     *         "window_seconds": 60
                     *       },
                     *       "metadata": {
                     *         "team": "billing"
                     *       },
                     *       "status": "active",
                     *       "expires_at": null,
                     *       "last_used_at": null,
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z",
                     *       "rotated_to": null,
                     *       "rotated_from": null
                     *     }
                     */
                    "application/json": {
                        id: string;
                        name: string;
                        description: string | null;
                        /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                        type: "private_key" | "publishable_key";
                        provider: string;
                        display_id: string | null;
                        tenant_id: string;
                        environment_id: string;
                        user_id: string;
                        /** @description A person, or a program that has keys of its own */
                        user_type: "user" | "service_account";
                        /** @description Those of the user */
                        roles: string[];
                        permissions: string[];
                        rate_limit: {
                            /** @description Requests in a window */
                            limit: number;
                            window_seconds: number;
                        } | null;
                        metadata: {
                            [key: string]: string;
                        };
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        expires_at: string | null;
                        last_used_at: string | null;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                        rotated_to: string | null;
                        rotated_from: string | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description Items in a page */
                limit?: number;
                /** @description Items to skip */
                offset?: number;
                /** @description `published` is read as `active` */
                status?: ("active" | "inactive") | "published";
                /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                type?: "private_key" | "publishable_key";
                /** @description A part of the name or of the display id */
                search?: string;
                /** @description By the time of creation */
                order?: "asc" | "desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            name: string;
                            description: string | null;
                            /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                            type: "private_key" | "publishable_key";
                            provider: string;
                            display_id: string | null;
                            tenant_id: string;
                            environment_id: string;
                            user_id: string;
                            /** @description A person, or a program that has keys of its own */
                            user_type: "user" | "service_account";
                            /** @description Those of the user */
                            roles: string[];
                            permissions: string[];
                            rate_limit: {
                                /** @description Requests in a window */
                                limit: number;
                                window_seconds: number;
                            } | null;
                            metadata: {
                                [key: string]: string;
                            };
                            /** @description An inactive one is refused with 403 */
                            status: "active" | "inactive";
                            expires_at: string | null;
                            last_used_at: string | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            updated_at: string;
                            rotated_to: string | null;
                            rotated_from: string | null;
                        }[];
                        pagination: {
                            total: number;
                            limit: number;
                            offset: number;
                        };
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Random text of your own, such as a UUID of version 4, never used for another request: within 24 hours the same request gets the same answer again
                 * @example 0b1d7a5e-6c0f-4f4e-9a58-3f1f8d1f4f0c
                 */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Production backend",
                 *       "permissions": [
                 *         "customers:read"
                 *       ],
                 *       "metadata": {
                 *         "team": "billing"
                 *       }
                 *     }
                 */
                "application/json": {
                    /** @example Production backend */
                    name: string;
                    description?: string | null;
                    /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                    type?: "private_key" | "publishable_key";
                    /**
                     * @description Whose key it is, yours if not said. To another user it takes `users:keys`, and to a service account `service_accounts:keys`
                     * @example user_01a20557a16e731f8ab301630217ef18
                     */
                    user_id?: string;
                    expires_at?: string | null;
                    /** @description All those of the key that makes it, if not said: name them */
                    permissions?: string[];
                    rate_limit?: {
                        /** @description Requests in a window */
                        limit: number;
                        window_seconds: number;
                    } | null;
                    /**
                     * @description Labels of your own
                     * @example {
                     *       "plan": "pro"
                     *     }
                     */
                    metadata?: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description The key was created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @example {
                         *       "id": "key_01a20557a16e731f8ab301630217ef18",
                         *       "name": "Production backend",
                         *       "description": null,
                         *       "type": "private_key",
                         *       "provider": "latchkey",
                         *       "display_id": "0cc5…68fe",
                         *       "tenant_id": "tenant_default",
                         *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                         *       "user_id": "user_default",
                         *       "user_type": "user",
                         *       "roles": [],
                         *       "permissions": [
                         *         "customers:read"
                         *       ],
                         *       "rate_limit": {
                         *         "limit": 100,
                         *         "window_seconds": 60
                         *       },
                         *       "metadata": {
                         *         "team": "billing"
                         *       },
                         *       "status": "active",
                         *       "expires_at": null,
                         *       "last_used_at": null,
                         *       "created_at": "2026-11-20T12:00:00.000Z",
                         *       "updated_at": "2026-11-20T12:00:00.000Z",
                         *       "rotated_to": null,
                         *       "rotated_from": null
                         *     }
                         */
                        secret: {
                            id: string;
                            name: string;
                            description: string | null;
                            /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                            type: "private_key" | "publishable_key";
                            provider: string;
                            display_id: string | null;
                            tenant_id: string;
                            environment_id: string;
                            user_id: string;
                            /** @description A person, or a program that has keys of its own */
                            user_type: "user" | "service_account";
                            /** @description Those of the user */
                            roles: string[];
                            permissions: string[];
                            rate_limit: {
                                /** @description Requests in a window */
                                limit: number;
                                window_seconds: number;
                            } | null;
                            metadata: {
                                [key: string]: string;
                            };
                            /** @description An inactive one is refused with 403 */
                            status: "active" | "inactive";
                            expires_at: string | null;
                            last_used_at: string | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            updated_at: string;
                            rotated_to: string | null;
                            rotated_from: string | null;
                        };
                        /** @description The key itself: shown this once, stored nowhere */
                        api_key: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    rotateKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Random text of your own, such as a UUID of version 4, never used for another request: within 24 hours the same request gets the same answer again
                 * @example 0b1d7a5e-6c0f-4f4e-9a58-3f1f8d1f4f0c
                 */
                "idempotency-key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "overlap_seconds": 86400
                 *     }
                 */
                "application/json": {
                    /**
                     * @description How long the old key goes on working: 30 days at most
                     * @default 0
                     */
                    overlap_seconds?: number;
                };
            };
        };
        responses: {
            /** @description The key was created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @example {
                         *       "id": "key_01a20557a16e731f8ab301630217ef18",
                         *       "name": "Production backend",
                         *       "description": null,
                         *       "type": "private_key",
                         *       "provider": "latchkey",
                         *       "display_id": "0cc5…68fe",
                         *       "tenant_id": "tenant_default",
                         *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                         *       "user_id": "user_default",
                         *       "user_type": "user",
                         *       "roles": [],
                         *       "permissions": [
                         *         "customers:read"
                         *       ],
                         *       "rate_limit": {
                         *         "limit": 100,
                         *         "window_seconds": 60
                         *       },
                         *       "metadata": {
                         *         "team": "billing"
                         *       },
                         *       "status": "active",
                         *       "expires_at": null,
                         *       "last_used_at": null,
                         *       "created_at": "2026-11-20T12:00:00.000Z",
                         *       "updated_at": "2026-11-20T12:00:00.000Z",
                         *       "rotated_to": null,
                         *       "rotated_from": null
                         *     }
                         */
                        secret: {
                            id: string;
                            name: string;
                            description: string | null;
                            /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                            type: "private_key" | "publishable_key";
                            provider: string;
                            display_id: string | null;
                            tenant_id: string;
                            environment_id: string;
                            user_id: string;
                            /** @description A person, or a program that has keys of its own */
                            user_type: "user" | "service_account";
                            /** @description Those of the user */
                            roles: string[];
                            permissions: string[];
                            rate_limit: {
                                /** @description Requests in a window */
                                limit: number;
                                window_seconds: number;
                            } | null;
                            metadata: {
                                [key: string]: string;
                            };
                            /** @description An inactive one is refused with 403 */
                            status: "active" | "inactive";
                            expires_at: string | null;
                            last_used_at: string | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            updated_at: string;
                            rotated_to: string | null;
                            rotated_from: string | null;
                        };
                        /** @description The key itself: shown this once, stored nowhere */
                        api_key: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listKeyEvents: {
        parameters: {
            query?: {
                /** @description Events in a page */
                limit?: number;
                /** @description The `next_cursor` of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description The newest first */
                        items: {
                            /** @description Grows from change to change; numbers in between are of others */
                            seq: number;
                            /** @description What it was done to, and what */
                            kind: string;
                            tenant_id: string;
                            environment_id: string | null;
                            /** @description The id of what was changed */
                            subject_id: string;
                            /** @description As the API showed it before; null when it is new */
                            before: {
                                [key: string]: unknown;
                            } | null;
                            /** @description As the API showed it afterwards; null when it is gone */
                            after: {
                                [key: string]: unknown;
                            } | null;
                            /** @description Who made the change; all null: the operator of the service, or the service itself */
                            actor: {
                                key_id: string | null;
                                user_id: string | null;
                                address: string | null;
                            };
                            request_id: string | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                        }[];
                        next_cursor: string | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getKeyUsage: {
        parameters: {
            query?: {
                /** @description A day before `to`, if not said */
                from?: string;
                /** @description Now, if not said */
                to?: string;
                /** @description Of UTC */
                granularity?: "hour" | "day";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "key_id": "key_01a20557a16e731f8ab301630217ef18",
                     *       "last_used_at": "2026-11-20T12:03:07.000Z",
                     *       "addresses": {
                     *         "total": 1,
                     *         "recent": [
                     *           {
                     *             "address": "203.0.113.7",
                     *             "first_seen_at": "2026-11-19T08:00:00.000Z",
                     *             "last_seen_at": "2026-11-20T12:03:07.000Z"
                     *           }
                     *         ]
                     *       },
                     *       "from": "2026-11-19T12:00:00.000Z",
                     *       "to": "2026-11-20T12:03:10.000Z",
                     *       "granularity": "hour",
                     *       "totals": {
                     *         "accepted": 1207,
                     *         "limited": 3,
                     *         "permission": 0,
                     *         "expired": 0,
                     *         "inactive": 0
                     *       },
                     *       "series": [
                     *         {
                     *           "start": "2026-11-20T12:00:00.000Z",
                     *           "accepted": 1207,
                     *           "limited": 3,
                     *           "permission": 0,
                     *           "expired": 0,
                     *           "inactive": 0
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": {
                        key_id: string;
                        last_used_at: string | null;
                        addresses: {
                            /** @description How many addresses it was used from: at most 100 are remembered, for 90 days */
                            total: number;
                            /** @description Those of the last uses, at most 20 */
                            recent: {
                                address: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                first_seen_at: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                last_seen_at: string;
                            }[];
                        };
                        /**
                         * Format: date-time
                         * @description The beginning of the first hour or day
                         */
                        from: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        to: string;
                        /**
                         * @description Of UTC
                         * @default hour
                         */
                        granularity: "hour" | "day";
                        totals: {
                            /** @description Requests that the key was accepted for */
                            accepted: number;
                            /** @description Refused with 429: over the limit */
                            limited: number;
                            /** @description Refused with 403: the key lacks the permission */
                            permission: number;
                            /** @description Refused with 401: the key had expired */
                            expired: number;
                            /** @description Refused with 403: the key, or what it belongs to, was inactive */
                            inactive: number;
                        };
                        /** @description In order, without hours or days that had no requests */
                        series: {
                            /**
                             * Format: date-time
                             * @description The beginning of the hour or day
                             */
                            start: string;
                            /** @description Requests that the key was accepted for */
                            accepted: number;
                            /** @description Refused with 429: over the limit */
                            limited: number;
                            /** @description Refused with 403: the key lacks the permission */
                            permission: number;
                            /** @description Refused with 401: the key had expired */
                            expired: number;
                            /** @description Refused with 403: the key, or what it belongs to, was inactive */
                            inactive: number;
                        }[];
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    importKeys: {
        parameters: {
            query?: {
                /** @description Only says what would be wrong */
                dry_run?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example [
                 *       {
                 *         "name": "Production backend",
                 *         "hash": "8a1c9e0f5b7d3a2c4e6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5",
                 *         "permissions": [
                 *           "customers:read"
                 *         ]
                 *       }
                 *     ]
                 */
                "application/json": {
                    /** @example Production backend */
                    name: string;
                    description?: string | null;
                    /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                    type?: "private_key" | "publishable_key";
                    expires_at?: string | null;
                    /** @description All those of the key that makes it, if not said: name them */
                    permissions?: string[];
                    rate_limit?: {
                        /** @description Requests in a window */
                        limit: number;
                        window_seconds: number;
                    } | null;
                    /**
                     * @description Labels of your own
                     * @example {
                     *       "plan": "pro"
                     *     }
                     */
                    metadata?: {
                        [key: string]: string;
                    };
                    /** @description The SHA-256 of the key in lower-case hex. Never the key itself */
                    hash: string;
                }[];
            };
        };
        responses: {
            /** @description The dry run found nothing wrong */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        would_import: number;
                    };
                };
            };
            /** @description All keys were imported */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        imported: number;
                        /** @description The ids of the keys, in the order of the request */
                        ids: string[];
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listWebhookSecrets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            /** @description Who signs, and how: `standard` is Standard Webhooks, `hmac` is as you say */
                            provider: "standard" | "stripe" | "github" | "hmac";
                            hmac: {
                                /**
                                 * @description Which header has the signature
                                 * @example X-Signature
                                 */
                                signature_header: string;
                                algorithm: "sha256" | "sha512";
                                encoding: "hex" | "base64";
                                /**
                                 * @description What stands before the signature
                                 * @example sha256=
                                 */
                                prefix?: string;
                                /**
                                 * @description Unix time in seconds. With it `<timestamp>.<body>` is signed, without it the body
                                 * @example X-Timestamp
                                 */
                                timestamp_header?: string;
                                /**
                                 * @description The id of the delivery
                                 * @example X-Delivery-Id
                                 */
                                id_header?: string;
                            } | null;
                            tenant_id: string;
                            environment_id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                        }[];
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    createWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "provider": "hmac",
                 *       "hmac": {
                 *         "signature_header": "X-Signature",
                 *         "algorithm": "sha256",
                 *         "encoding": "hex",
                 *         "prefix": "sha256="
                 *       }
                 *     }
                 */
                "application/json": {
                    /** @description Who signs, and how: `standard` is Standard Webhooks, `hmac` is as you say */
                    provider: "standard" | "stripe" | "github" | "hmac";
                    /** @description As the provider shows it. Without one it is made here, but for Stripe, which makes its own */
                    secret?: string;
                    hmac?: {
                        /**
                         * @description Which header has the signature
                         * @example X-Signature
                         */
                        signature_header: string;
                        algorithm: "sha256" | "sha512";
                        encoding: "hex" | "base64";
                        /**
                         * @description What stands before the signature
                         * @example sha256=
                         */
                        prefix?: string;
                        /**
                         * @description Unix time in seconds. With it `<timestamp>.<body>` is signed, without it the body
                         * @example X-Timestamp
                         */
                        timestamp_header?: string;
                        /**
                         * @description The id of the delivery
                         * @example X-Delivery-Id
                         */
                        id_header?: string;
                    };
                };
            };
        };
        responses: {
            /** @description The secret is in force */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @example {
                         *       "id": "whs_01a20557a16e731f8ab301630217ef18",
                         *       "provider": "github",
                         *       "hmac": null,
                         *       "tenant_id": "tenant_default",
                         *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                         *       "created_at": "2026-11-20T12:00:00.000Z"
                         *     }
                         */
                        secret: {
                            id: string;
                            /** @description Who signs, and how: `standard` is Standard Webhooks, `hmac` is as you say */
                            provider: "standard" | "stripe" | "github" | "hmac";
                            hmac: {
                                /**
                                 * @description Which header has the signature
                                 * @example X-Signature
                                 */
                                signature_header: string;
                                algorithm: "sha256" | "sha512";
                                encoding: "hex" | "base64";
                                /**
                                 * @description What stands before the signature
                                 * @example sha256=
                                 */
                                prefix?: string;
                                /**
                                 * @description Unix time in seconds. With it `<timestamp>.<body>` is signed, without it the body
                                 * @example X-Timestamp
                                 */
                                timestamp_header?: string;
                                /**
                                 * @description The id of the delivery
                                 * @example X-Delivery-Id
                                 */
                                id_header?: string;
                            } | null;
                            tenant_id: string;
                            environment_id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                        };
                        signing_secret: string | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    deleteWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret is deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    createTenant: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Acme"
                 *     }
                 */
                "application/json": {
                    /** @example Acme */
                    name: string;
                };
            };
        };
        responses: {
            /** @description The tenant, its environments, and its first key: shown this once */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @example {
                         *       "id": "tenant_01a205579d1c7729b2cb563bc47034d8",
                         *       "name": "Acme",
                         *       "status": "active",
                         *       "created_at": "2026-11-20T12:00:00.000Z",
                         *       "updated_at": "2026-11-20T12:00:00.000Z"
                         *     }
                         */
                        tenant: {
                            id: string;
                            name: string;
                            /** @description An inactive one is refused with 403 */
                            status: "active" | "inactive";
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            updated_at: string;
                        };
                        environments: {
                            id: string;
                            tenant_id: string;
                            name: string;
                            /** @description An inactive one is refused with 403 */
                            status: "active" | "inactive";
                            rate_limit: {
                                /** @description Requests in a window */
                                limit: number;
                                window_seconds: number;
                            } | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            updated_at: string;
                        }[];
                        /**
                         * @example {
                         *       "id": "key_01a20557a16e731f8ab301630217ef18",
                         *       "name": "Production backend",
                         *       "description": null,
                         *       "type": "private_key",
                         *       "provider": "latchkey",
                         *       "display_id": "0cc5…68fe",
                         *       "tenant_id": "tenant_default",
                         *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                         *       "user_id": "user_default",
                         *       "user_type": "user",
                         *       "roles": [],
                         *       "permissions": [
                         *         "customers:read"
                         *       ],
                         *       "rate_limit": {
                         *         "limit": 100,
                         *         "window_seconds": 60
                         *       },
                         *       "metadata": {
                         *         "team": "billing"
                         *       },
                         *       "status": "active",
                         *       "expires_at": null,
                         *       "last_used_at": null,
                         *       "created_at": "2026-11-20T12:00:00.000Z",
                         *       "updated_at": "2026-11-20T12:00:00.000Z",
                         *       "rotated_to": null,
                         *       "rotated_from": null
                         *     }
                         */
                        secret: {
                            id: string;
                            name: string;
                            description: string | null;
                            /** @description Strangers can read a publishable key, so of the permissions of this API it holds `customers:read` and `customers:write` only. Permissions of your own API are free. */
                            type: "private_key" | "publishable_key";
                            provider: string;
                            display_id: string | null;
                            tenant_id: string;
                            environment_id: string;
                            user_id: string;
                            /** @description A person, or a program that has keys of its own */
                            user_type: "user" | "service_account";
                            /** @description Those of the user */
                            roles: string[];
                            permissions: string[];
                            rate_limit: {
                                /** @description Requests in a window */
                                limit: number;
                                window_seconds: number;
                            } | null;
                            metadata: {
                                [key: string]: string;
                            };
                            /** @description An inactive one is refused with 403 */
                            status: "active" | "inactive";
                            expires_at: string | null;
                            last_used_at: string | null;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            updated_at: string;
                            rotated_to: string | null;
                            rotated_from: string | null;
                        };
                        /** @description The key itself: shown this once, stored nowhere */
                        api_key: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "tenant_01a205579d1c7729b2cb563bc47034d8",
                     *       "name": "Acme",
                     *       "status": "active",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        name: string;
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    updateTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Acme Ltd"
                 *     }
                 */
                "application/json": {
                    /** @example Acme */
                    name?: string;
                    /** @description An inactive one is refused with 403 */
                    status?: "active" | "inactive";
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "tenant_01a205579d1c7729b2cb563bc47034d8",
                     *       "name": "Acme",
                     *       "status": "active",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        name: string;
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    summarizeUsage: {
        parameters: {
            query?: {
                /** @description How many hours, the current one included, totals and the most used keys are of */
                used_hours?: number;
                /** @description How long a key must have been unused */
                unused_days?: number;
                /** @description How soon a key must expire */
                expiring_days?: number;
                /** @description Keys in each list */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description The beginning of the first hour
                         */
                        used_since: string;
                        /** @description Of all keys, also those deleted since */
                        totals: {
                            /** @description Requests that the key was accepted for */
                            accepted: number;
                            /** @description Refused with 429: over the limit */
                            limited: number;
                            /** @description Refused with 403: the key lacks the permission */
                            permission: number;
                            /** @description Refused with 401: the key had expired */
                            expired: number;
                            /** @description Refused with 403: the key, or what it belongs to, was inactive */
                            inactive: number;
                        };
                        /** @description By accepted requests */
                        most_used: {
                            id: string;
                            name: string;
                            display_id: string | null;
                            user_id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                            expires_at: string | null;
                            last_used_at: string | null;
                            /** @description Requests that the key was accepted for */
                            accepted: number;
                        }[];
                        /** @description Active keys that were made before and not used since, the longest unused first */
                        unused: {
                            /** @description How many there are */
                            total: number;
                            items: {
                                id: string;
                                name: string;
                                display_id: string | null;
                                user_id: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                created_at: string;
                                expires_at: string | null;
                                last_used_at: string | null;
                            }[];
                        };
                        /** @description Active keys that expire so soon and were not rotated, the soonest first */
                        expiring: {
                            /** @description How many there are */
                            total: number;
                            items: {
                                id: string;
                                name: string;
                                display_id: string | null;
                                user_id: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, UTC
                                 */
                                created_at: string;
                                expires_at: string | null;
                                last_used_at: string | null;
                            }[];
                        };
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /** @description Items in a page */
                limit?: number;
                /** @description Items to skip */
                offset?: number;
                /** @description A person, or a program that has keys of its own */
                type?: "user" | "service_account";
                /** @description An inactive one is refused with 403 */
                status?: "active" | "inactive";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            /** @description A person, or a program that has keys of its own */
                            type: "user" | "service_account";
                            name: string;
                            email: string | null;
                            roles: string[];
                            /** @description An inactive one is refused with 403 */
                            status: "active" | "inactive";
                            tenant_id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            created_at: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            updated_at: string;
                        }[];
                        pagination: {
                            total: number;
                            limit: number;
                            offset: number;
                        };
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    createUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "service_account",
                 *       "name": "Nightly billing",
                 *       "roles": [
                 *         "billing"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @example Nightly billing */
                    name: string;
                    /** @description A person, or a program that has keys of its own */
                    type?: "user" | "service_account";
                    email?: string | null;
                    /** @description Names of your own, shown with the keys of the user. They permit nothing here */
                    roles?: string[];
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "user_01a20557a16e731f8ab301630217ef18",
                     *       "type": "service_account",
                     *       "name": "Nightly billing",
                     *       "email": null,
                     *       "roles": [
                     *         "billing"
                     *       ],
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        /** @description A person, or a program that has keys of its own */
                        type: "user" | "service_account";
                        name: string;
                        email: string | null;
                        roles: string[];
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        tenant_id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "user_01a20557a16e731f8ab301630217ef18",
                     *       "type": "service_account",
                     *       "name": "Nightly billing",
                     *       "email": null,
                     *       "roles": [
                     *         "billing"
                     *       ],
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        /** @description A person, or a program that has keys of its own */
                        type: "user" | "service_account";
                        name: string;
                        email: string | null;
                        roles: string[];
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        tenant_id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    updateUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "status": "inactive"
                 *     }
                 */
                "application/json": {
                    /** @example Nightly billing */
                    name?: string;
                    email?: string | null;
                    /** @description Names of your own, shown with the keys of the user. They permit nothing here */
                    roles?: string[];
                    /** @description An inactive one is refused with 403 */
                    status?: "active" | "inactive";
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "user_01a20557a16e731f8ab301630217ef18",
                     *       "type": "service_account",
                     *       "name": "Nightly billing",
                     *       "email": null,
                     *       "roles": [
                     *         "billing"
                     *       ],
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        /** @description A person, or a program that has keys of its own */
                        type: "user" | "service_account";
                        name: string;
                        email: string | null;
                        roles: string[];
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        tenant_id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getOwnUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "user_01a20557a16e731f8ab301630217ef18",
                     *       "type": "service_account",
                     *       "name": "Nightly billing",
                     *       "email": null,
                     *       "roles": [
                     *         "billing"
                     *       ],
                     *       "status": "active",
                     *       "tenant_id": "tenant_default",
                     *       "created_at": "2026-11-20T12:00:00.000Z",
                     *       "updated_at": "2026-11-20T12:00:00.000Z"
                     *     }
                     */
                    "application/json": {
                        id: string;
                        /** @description A person, or a program that has keys of its own */
                        type: "user" | "service_account";
                        name: string;
                        email: string | null;
                        roles: string[];
                        /** @description An inactive one is refused with 403 */
                        status: "active" | "inactive";
                        tenant_id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        created_at: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        updated_at: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    receiveWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                provider: string;
                tenant_id: string;
                environment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery is stored, now or before */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        received: true;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                /** @description Only those of a higher sequence */
                after?: number;
                /** @description Items in a page */
                limit?: number;
                /** @description Who signs, and how: `standard` is Standard Webhooks, `hmac` is as you say */
                provider?: "standard" | "stripe" | "github" | "hmac";
                acknowledged?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            id: string;
                            /** @description Its place in the order of the environment */
                            sequence: number;
                            /** @description Who signs, and how: `standard` is Standard Webhooks, `hmac` is as you say */
                            provider: "standard" | "stripe" | "github" | "hmac";
                            /** @description The secret that it was signed with */
                            secret_id: string;
                            delivery_id: string | null;
                            /** @description `content-type`, `content-encoding`, `user-agent`, `webhook-…` and `x-…`, without signatures and secrets */
                            headers: {
                                [key: string]: string;
                            };
                            body_bytes: number;
                            tenant_id: string;
                            environment_id: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339, UTC
                             */
                            received_at: string;
                            acknowledged_at: string | null;
                        }[];
                        /** @description What to ask for next as `after` */
                        next_after: number;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    getWebhookDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "whd_01a20557a16e731f8ab301630217ef18",
                     *       "sequence": 42,
                     *       "provider": "github",
                     *       "secret_id": "whs_01a20557a16e731f8ab301630217ef18",
                     *       "delivery_id": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
                     *       "headers": {
                     *         "content-type": "application/json",
                     *         "x-github-event": "push"
                     *       },
                     *       "body_bytes": 2,
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "received_at": "2026-11-20T12:00:00.000Z",
                     *       "acknowledged_at": null,
                     *       "body_base64": "e30="
                     *     }
                     */
                    "application/json": {
                        id: string;
                        /** @description Its place in the order of the environment */
                        sequence: number;
                        /** @description Who signs, and how: `standard` is Standard Webhooks, `hmac` is as you say */
                        provider: "standard" | "stripe" | "github" | "hmac";
                        /** @description The secret that it was signed with */
                        secret_id: string;
                        delivery_id: string | null;
                        /** @description `content-type`, `content-encoding`, `user-agent`, `webhook-…` and `x-…`, without signatures and secrets */
                        headers: {
                            [key: string]: string;
                        };
                        body_bytes: number;
                        tenant_id: string;
                        environment_id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        received_at: string;
                        acknowledged_at: string | null;
                        /** @description The body, byte for byte */
                        body_base64: string;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    acknowledgeWebhookDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "whd_01a20557a16e731f8ab301630217ef18",
                     *       "sequence": 42,
                     *       "provider": "github",
                     *       "secret_id": "whs_01a20557a16e731f8ab301630217ef18",
                     *       "delivery_id": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
                     *       "headers": {
                     *         "content-type": "application/json",
                     *         "x-github-event": "push"
                     *       },
                     *       "body_bytes": 2,
                     *       "tenant_id": "tenant_default",
                     *       "environment_id": "env_01a205579d1c7729b2cb563bc47034d9",
                     *       "received_at": "2026-11-20T12:00:00.000Z",
                     *       "acknowledged_at": null
                     *     }
                     */
                    "application/json": {
                        id: string;
                        /** @description Its place in the order of the environment */
                        sequence: number;
                        /** @description Who signs, and how: `standard` is Standard Webhooks, `hmac` is as you say */
                        provider: "standard" | "stripe" | "github" | "hmac";
                        /** @description The secret that it was signed with */
                        secret_id: string;
                        delivery_id: string | null;
                        /** @description `content-type`, `content-encoding`, `user-agent`, `webhook-…` and `x-…`, without signatures and secrets */
                        headers: {
                            [key: string]: string;
                        };
                        body_bytes: number;
                        tenant_id: string;
                        environment_id: string;
                        /**
                         * Format: date-time
                         * @description RFC 3339, UTC
                         */
                        received_at: string;
                        acknowledged_at: string | null;
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
    listPublicKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        keys: {
                            /** @enum {string} */
                            kty: "OKP";
                            /** @enum {string} */
                            crv: "Ed25519";
                            /** @description The public key, 32 bytes in base64url */
                            x: string;
                            /** @description What a token names in its header */
                            kid: string;
                            /** @enum {string} */
                            alg: "EdDSA";
                            /** @enum {string} */
                            use: "sig";
                        }[];
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Failed"];
        };
    };
}
