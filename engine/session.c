/* SPDX-License-Identifier: GPL-3.0-or-later
 * session.c: configuration, models, worker threads, scratch and cancelling. */
#include "session.h"

#include "core/mem.h"
#include "enlarge/lanczos.h"
#include "mend/damage.h"
#include "model.h"
#include "net/fill.h"
#include "plan.h"
#include "rvs_params.h"

#include <string.h>

void
rvs_session_config_init (RvsSessionConfig *config)
{
  memset (config, 0, sizeof *config);
  config->cpu_mask = UINT32_MAX;
  config->cache_bytes = (size_t)256 << 20;
  config->min_face_px = 24;
  config->min_confidence = RVS_MIN_CONFIDENCE;
  config->region = RVS_REGION_HEAD;
}

/* The row of a model that may be given as restorer, or NULL. */
static const RvsSystemInfo *
system_of (const RvsModel *restorer)
{
  return rvs_system_find (rvs__model_arch (restorer)->name);
}

/* The shape head, which is checked already, is the one that the restorer was trained with. */
static RvsStatus
check_shape_of (const RvsSessionConfig *config, const RvsSystemInfo *system, RvsError *err)
{
  const RvsArch     *arch = rvs__model_arch (config->restorer);
  const RvsShapeNet *shape = rvs__model_net (config->shape, &rvs__arch_shape);

  if (!shape)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the restorer '%s' needs a shape head beside it", system->id);
  if (!rvs_model_fits (config->restorer, config->shape))
    return rvs__fail (err, RVS_ERR_MODEL, "the restorer '%s' was trained with another shape head; use the one it is shipped with",
                      system->id);
  if (arch->restorer->shape_modes (rvs__model_net (config->restorer, arch)) != shape->modes)
    return rvs__fail (err, RVS_ERR_MODEL, "the restorer '%s' reads another number of coefficients than the shape head's %d; %s",
                      system->id, shape->modes, "get both anew");
  return RVS_OK;
}

/* A model in a place that is not for its like. */
static RvsStatus
fail_role (const RvsModel *model, const char *role, RvsError *err)
{
  const RvsModelInfo *info = rvs_model_get_info (model);

  return rvs__fail (err, RVS_ERR_MODEL, "'%s' is of the kind '%s' and cannot serve as %s; choose another model", info->id,
                    info->arch, role);
}

/* All that the restorer needs is there. Holes come with the parameters of each render. */
static RvsStatus
check_restorer (const RvsSessionConfig *config, RvsError *err)
{
  const RvsParserNet  *parser = rvs__model_net (config->parser, &rvs__arch_parser);
  const RvsSystemInfo *system = system_of (config->restorer);

  if (!system)
    return fail_role (config->restorer, "restorer", err);
  if (system->needs & RVS_NEEDS_HOLE)
    return RVS_OK;
  if (!parser)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "a restorer needs a face parser beside it");
  if ((system->needs & RVS_NEEDS_HEAT_MAPS) && rvs__parser_features (parser) == 0)
    return rvs__fail (err, RVS_ERR_MODEL, "the restorer '%s' needs what this face parser does not give; use %s", system->id,
                      "the one it is shipped with");
  return system->needs & RVS_NEEDS_SHAPE ? check_shape_of (config, system, err) : RVS_OK;
}

/* The shape head is one, and reads what this parser says. */
static RvsStatus
check_shape (const RvsSessionConfig *config, RvsError *err)
{
  const RvsShapeNet  *shape = rvs__model_net (config->shape, &rvs__arch_shape);
  const RvsParserNet *parser = rvs__model_net (config->parser, &rvs__arch_parser);
  int                 n;

  if (!shape)
    return fail_role (config->shape, "shape head", err);
  if (!parser)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "a shape head needs the face parser beside it");
  if (!rvs_model_fits (config->shape, config->parser))
    return rvs__fail (err, RVS_ERR_MODEL, "the shape head was trained on another face parser; use the one it is shipped with");
  n = rvs__shape_features (rvs__parser_features (parser));
  if (rvs__parser_features (parser) == 0 || n != shape->n_features)
    return rvs__fail (err, RVS_ERR_MODEL, "the shape head reads %d numbers of a face, this face parser gives %d; get both anew",
                      shape->n_features, n);
  return RVS_OK;
}

static RvsStatus
check_config (const RvsSessionConfig *config, RvsError *err)
{
  if (config->n_threads < 0)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "%d threads asked for", config->n_threads);
  if (!(config->min_face_px >= 0) || !(config->min_confidence >= 0 && config->min_confidence <= 1))
    return rvs__fail (err, RVS_ERR_ARGUMENT, "smallest face or least confidence out of range");
  if (config->detector && !rvs__model_net (config->detector, &rvs__arch_detector))
    return fail_role (config->detector, "face detector", err);
  if (config->parser && !rvs__model_net (config->parser, &rvs__arch_parser))
    return fail_role (config->parser, "face parser", err);
  if (config->finder && !rvs__model_net (config->finder, &rvs__arch_finder))
    return fail_role (config->finder, "damage finder", err);
  if (config->shape)
    {
      const RvsStatus status = check_shape (config, err);
      if (status != RVS_OK)
        return status;
    }
  return config->restorer ? check_restorer (config, err) : RVS_OK;
}

static void
hold_models (RvsSession *session)
{
  RvsSessionConfig *config = &session->config;

  config->detector = config->detector ? rvs_model_ref (config->detector) : NULL;
  config->parser = config->parser ? rvs_model_ref (config->parser) : NULL;
  config->restorer = config->restorer ? rvs_model_ref (config->restorer) : NULL;
  config->finder = config->finder ? rvs_model_ref (config->finder) : NULL;
  config->shape = config->shape ? rvs_model_ref (config->shape) : NULL;
}

static void
open_pipeline (RvsSession *session)
{
  RvsPipeline   *pipeline = &session->pipeline;
  RvsModel      *model = session->config.restorer;
  const RvsArch *arch = model ? rvs__model_arch (model) : NULL;

  pipeline->exec = &session->exec;
  pipeline->region = session->config.region;
  pipeline->parser = rvs__model_net (session->config.parser, &rvs__arch_parser);
  pipeline->shape = rvs__model_net (session->config.shape, &rvs__arch_shape);
  session->mender = rvs__model_net (model, &rvs__arch_fill);
  if (!arch || session->mender)
    return;
  pipeline->restorer = arch->restorer;
  pipeline->net = rvs__model_net (model, arch);
  pipeline->needs = system_of (model)->needs;
  pipeline->knobs = system_of (model)->knobs;
  pipeline->side = rvs_model_get_info (model)->face_size;
  pipeline->state_floats = arch->restorer->state_floats ? arch->restorer->state_floats (pipeline->net) : 0;
}

/* Runs every pass over a measuring arena, then opens the real one with the peak. */
static RvsStatus
plan_scratch (RvsSession *session, RvsError *err)
{
  rvs__arena_measure (&session->arena);
  rvs__lanczos_measure (&session->exec);
  if (session->config.detector)
    rvs__plan_detection (rvs__model_net (session->config.detector, &rvs__arch_detector), &session->exec);
  if (session->pipeline.parser)
    rvs__plan_looking (&session->pipeline);
  if (session->config.finder)
    rvs__find_damage_measure (rvs__model_net (session->config.finder, &rvs__arch_finder), &session->exec);
  if (session->mender)
    rvs__mend_measure (session->mender, &session->exec);
  else if (session->config.restorer)
    rvs__plan_face (&session->pipeline);
  return rvs__arena_open (&session->arena, session->arena.peak, err);
}

RvsStatus
rvs_session_new (const RvsSessionConfig *config, RvsSession **out_session, RvsError *err)
{
  RvsSession *session = NULL;
  RvsStatus   status;

  *out_session = NULL;
  status = check_config (config, err);
  if (status != RVS_OK)
    return status;
  session = rvs__alloc_zero (sizeof *session);
  if (!session)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for a session");
  session->config = *config;
  hold_models (session);
  atomic_init (&session->cancel, false);
  rvs__kernels_init (&session->kernels, config->cpu_mask);
  status = rvs__pool_new (config->n_threads, &session->pool, err);
  if (status != RVS_OK)
    goto cleanup;
  session->exec = (RvsExec){ session->pool, &session->arena, &session->kernels, &session->cancel };
  open_pipeline (session);
  status = plan_scratch (session, err);
  if (status != RVS_OK)
    goto cleanup;
  *out_session = session;
  session = NULL;

cleanup:
  rvs_session_free (session);
  return status;
}

void
rvs_session_free (RvsSession *session)
{
  if (!session)
    return;
  rvs__arena_close (&session->arena);
  rvs__pool_free (session->pool);
  rvs_model_unref (session->config.detector);
  rvs_model_unref (session->config.parser);
  rvs_model_unref (session->config.restorer);
  rvs_model_unref (session->config.finder);
  rvs_model_unref (session->config.shape);
  rvs__free (session);
}

void
rvs_session_apply (RvsSession *session, const RvsParams *params)
{
  session->config.turned = (RvsTurned)params->turned;
  session->pipeline.region = (RvsRegion)params->region;
}

void
rvs_session_cancel (RvsSession *session)
{
  atomic_store (&session->cancel, true);
}
